/** The sets of real packages: read from their lists, fetched by npm itself into a cache folder, found there by hash. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface RealPackage {
  readonly name: string;
  readonly version: string;
  /** `sha512-…` */
  readonly integrity: string;
}

export type SetName = 'first' | 'second' | 'third';

export function packagesOf(set: SetName): readonly RealPackage[] {
  const text = readFileSync(join(import.meta.dirname, `${set}-set.json`), 'utf8');
  const rows = JSON.parse(text) as readonly (readonly [string, string, string])[];
  return rows.map(([name, version, integrity]) => ({ name, version, integrity }));
}

/** Bytes that npm verified by integrity. Throws where they were not fetched. */
export async function tarballOfReal(cache: string, { integrity }: RealPackage): Promise<Uint8Array> {
  return readFile(cachedAt(cache, integrity));
}

/** Fetches what the cache lacks, at most four at a time; no script of any package is run. */
export async function fetchAll(cache: string, packages: readonly RealPackage[]): Promise<void> {
  const missing = packages.filter(({ integrity }) => !existsSync(cachedAt(cache, integrity)));
  if (missing.length === 0) return;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'assay-accuracy-'));
  try {
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifestFor(missing)));
    await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lockfileFor(missing)));
    const options = [
      '--ignore-scripts',
      '--no-bin-links',
      '--no-audit',
      '--no-fund',
      '--force',
      '--maxsockets=4',
    ];
    await execute('npm', ['ci', ...options, `--cache=${cache}`], { cwd: folder, maxBuffer: 2 ** 26 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function cachedAt(cache: string, integrity: string): string {
  const hex = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
  return join(cache, '_cacache/content-v2/sha512', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
}

/** A project that needs each release under a name of its own, and nothing of what those need. */
function manifestFor(packages: readonly RealPackage[]): object {
  return { name: 'accuracy', version: '1.0.0', private: true, dependencies: aliases(packages) };
}

function lockfileFor(packages: readonly RealPackage[]): object {
  const entries = packages.map((one, index) => [`node_modules/p${index}`, { ...one }] as const);
  return {
    name: 'accuracy',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'accuracy', version: '1.0.0', dependencies: aliases(packages) },
      ...Object.fromEntries(entries),
    },
  };
}

const aliases = (packages: readonly RealPackage[]): Readonly<Record<string, string>> =>
  Object.fromEntries(packages.map(({ name, version }, index) => [`p${index}`, `npm:${name}@${version}`]));
