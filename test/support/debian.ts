/** Debian's real archive, as this machine's apt knows it: no host name of one is written down anywhere here. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../src/core/digest.ts';
import { openSuite, type Suite } from '../../src/rebuild/debian/archive.ts';
import type { DebianBases } from '../../src/rebuild/debian/bases.ts';
import type { ArchiveDeps, OutputReader } from '../../src/rebuild/debian/deps.ts';
import { pinKeys } from '../../src/rebuild/debian/openpgp.ts';
import { openBases } from '../../src/rebuild/sandbox/bases.ts';
import { listOutput, readOutput } from '../../src/rebuild/sandbox/outputs.ts';
import { debianArchiveKeys } from '../../src/server/rebuilding/debian-suites.ts';

const root = join(import.meta.dirname, '../..');
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Base URL and codename of what apt has of this suite of Debian; undefined: there is none here. */
export function archiveOfApt(
  suite = 'bookworm',
): { readonly archive: string; readonly suite: string } | undefined {
  const format = '$(ORIGIN)\t$(LABEL)\t$(CODENAME)\t$(COMPONENT)\t$(REPO_URI)';
  const apt = spawnSync('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  for (const line of apt.stdout?.toString().split('\n') ?? []) {
    const [origin, label, codename, component, uri] = line.split('\t');
    if (
      origin === 'Debian' &&
      label?.startsWith('Debian') === true &&
      component === 'main' &&
      codename === suite &&
      uri !== undefined
    )
      return { archive: uri.replace(/\/+$/, ''), suite: codename };
  }
  return undefined;
}

/** What was fetched is kept below `.cache/debian`, by digest. */
export async function archiveDeps(): Promise<ArchiveDeps> {
  const folder = join(root, '.cache/debian');
  await mkdir(folder, { recursive: true });
  return {
    files: {
      read: async (url, maxBytes) => {
        const answer = await fetch(url);
        if (answer.status === 404) return undefined;
        if (!answer.ok) throw new Error(`the archive answered ${answer.status}`);
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (bytes.length > maxBytes) throw new Error('larger than what is read');
        return bytes;
      },
    },
    bytes: {
      get: async (digest) => {
        const bytes = await readFile(join(folder, digest)).catch(() => undefined);
        return bytes !== undefined && sha256(bytes) === digest ? bytes : undefined;
      },
      put: async (bytes) => {
        await writeFile(join(folder, sha256(bytes)), bytes);
        return sha256(bytes);
      },
    },
    memory: { last: () => Promise.resolve(undefined), remember: () => Promise.resolve() },
    clock: () => new Date(),
  };
}

export async function openRealSuite(known: {
  readonly archive: string;
  readonly suite: string;
}): Promise<Suite> {
  const keys = await pinKeys(await readFile(keyring), debianArchiveKeys);
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  return openSuite(await archiveDeps(), { ...known, component: 'main', architecture, keys });
}

/** Of the suites that were verified, so that each package of a base is in their indexes. Kept between runs. */
export async function debianBases(): Promise<DebianBases> {
  const directory = join(root, '.cache/bases');
  await mkdir(directory, { recursive: true, mode: 0o755 });
  return {
    base: (packages, suites) => {
      const mirrors = suites.map(
        ({ options: { archive, suite } }) => `deb [signed-by=${keyring}] ${archive} ${suite} main`,
      );
      return openBases({ directory, mirrors }).base(packages, suites[0].options.suite);
    },
  };
}

export const outputs: OutputReader = { list: listOutput, read: readOutput };
