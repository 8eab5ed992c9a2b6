/**
 * What reading an archive twice costs, against the peers in the same run.
 *
 *     bin/node bench/archive.ts [package.tgz ...]
 *
 * Without arguments it makes a large and many small packages of its own. Prints medians: milliseconds per unpacked MB
 * for each reader with the ratio to node-tar alone and to `tar -tzf`, and small packages per second through the pool.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultArchiveLimits } from '../src/archive/limits.ts';
import { readWithLibrary } from '../src/archive/library-reader.ts';
import { readTarball } from '../src/archive/read-tarball.ts';
import { createArchiveReader } from '../src/archive/reader.ts';
import { file, tarball } from '../test/support/tar-builder.ts';

const rounds = 7;
const smallPackages = 800;

interface Package {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Text that packs about fourfold, as source code does; the same on every run. */
function sourceText(seed: number, length: number): string {
  let text = '';
  for (let at = 0; text.length < length; at += 1) {
    const word = createHash('sha256').update(`${seed} ${at}`).digest('hex');
    text += `export const ${word.slice(0, 6)} = (${word.slice(6, 8)}) => { return '${word.slice(8, 20)}'; };\n`;
  }
  return text.slice(0, length);
}

function made(folder: string, name: string, files: number, length: number): Package {
  const manifest = file('package/package.json', JSON.stringify({ name, version: '1.0.0' }));
  const members = Array.from({ length: files }, (_, at) =>
    file(`package/lib/${at}.js`, sourceText(at, length)),
  );
  const bytes = tarball(manifest, ...members);
  const path = join(folder, `${name}.tgz`);
  writeFileSync(path, bytes);
  return { path, bytes };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function medianMs(work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}

async function compare({ path, bytes }: Package): Promise<void> {
  const read = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
  const { verdict, totalBytes, members } = await readTarball(read, bytes.length, defaultArchiveLimits);
  const megabytes = totalBytes / 1e6;
  const twice = await medianMs(() => readTarball(read, bytes.length, defaultArchiveLimits));
  const library = await medianMs(() => readWithLibrary(read, defaultArchiveLimits));
  const tool = await medianMs(() => spawnSync('tar', ['-tzf', path]));
  console.log(`${path}: ${verdict}, ${members.length} members, ${megabytes.toFixed(1)} MB unpacked`);
  const line = (what: string, ms: number): string =>
    `  ${what.padEnd(22)} ${(ms / megabytes).toFixed(2)} ms/MB`;
  console.log(
    `${line('both readers', twice)}  ${(twice / library).toFixed(2)} x node-tar, ${(twice / tool).toFixed(2)} x tar -tzf`,
  );
  console.log(line('node-tar with SHA-256', library));
  console.log(line('tar -tzf (no hashing)', tool));
}

async function pool(folder: string): Promise<void> {
  const packages = Array.from({ length: 40 }, (_, at) => made(folder, `small-${at}`, 8, 2000));
  const jobs = Array.from({ length: smallPackages / packages.length }, () => packages).flat();
  for (const children of [1, 2]) {
    const reader = createArchiveReader({
      limits: defaultArchiveLimits,
      children,
      nodePath: process.execPath,
      readable: [folder],
    });
    const start = performance.now();
    await Promise.all(jobs.map((each) => reader.read(each.path, each.bytes.length)));
    const seconds = (performance.now() - start) / 1000;
    await reader.close();
    console.log(
      `${smallPackages} small packages, ${children} children, start included: ${(smallPackages / seconds).toFixed(0)} a second`,
    );
  }
}

const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
try {
  const given = process.argv.slice(2).map((path) => ({ path, bytes: readFileSync(path) }));
  for (const each of given.length > 0
    ? given
    : [made(folder, 'large', 400, 50_000), made(folder, 'small', 8, 2000)])
    await compare(each);
  await pool(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
