/** Real releases from the registry this machine is set to, published again to a fake registry. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isJsonObject } from '../../src/core/json.ts';
import type { PublishInput } from './fake-package.ts';

const execute = promisify(execFile);

/** The exact bytes, and the package.json in them as the index's word, so that the two agree. */
export async function realRelease(
  name: string,
  version: string,
): Promise<PublishInput & { readonly tarball: Uint8Array }> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-real-'));
  try {
    const { stdout } = await execute('npm', ['pack', `${name}@${version}`, '--silent'], { cwd: folder });
    const file = join(folder, stdout.trim());
    const tarball = await readFile(file);
    const shown = await execute('tar', ['-xzOf', file, 'package/package.json'], { maxBuffer: 4 << 20 });
    const manifest: unknown = JSON.parse(shown.stdout);
    if (!isJsonObject(manifest)) throw new Error(`${name}@${version} has no package.json`);
    return { name, version, tarball, manifest };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
