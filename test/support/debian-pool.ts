/** Files of Debian's pool, from the archive that this machine's apt is configured with. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sha256 } from '../../src/core/digest.ts';
import { openPublicFiles } from '../../src/upstream/public-files.ts';

const execute = promisify(execFile);

/** Base URLs with `/` at the end; empty where there is no apt. */
async function archives(): Promise<readonly string[]> {
  try {
    const { stdout } = await execute('apt-get', [
      'indextargets',
      '--format',
      '$(REPO_URI)',
      'Created-By: Packages',
    ]);
    const urls = [...new Set(stdout.split('\n'))].filter((url) => /^https?:/.test(url));
    return urls.map((url) => `${url.replace(/\/*$/, '')}/`);
  } catch {
    return [];
  }
}

/** The file of this path below the archive with exactly this digest; undefined where no archive here has it. */
export async function fromDebianPool(path: string, digest: string): Promise<Uint8Array | undefined> {
  const files = openPublicFiles();
  try {
    for (const archive of await archives()) {
      const bytes = await files.read(new URL(path, archive), 64 * 1024 * 1024).catch(() => undefined);
      if (bytes !== undefined && sha256(bytes) === digest) return bytes;
    }
    return undefined;
  } finally {
    files.close();
  }
}
