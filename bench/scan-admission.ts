/**
 * What the scan adds to a cold admission.
 *
 *     bin/node bench/scan-admission.ts [packages] [pairs]      (default 300, spread over the first set, and 3)
 *
 * Real packages of test/support/accuracy/first-set.json, published to a registry on loopback and admitted for the first
 * time through all rooms, eight at a time: with a scanner that reports at once, and with the one a gate has, in turns.
 * Prints processor seconds of this process and its children (which other work on the machine does not move) and wall
 * seconds, as medians, and the ratio.
 */
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isJsonObject, ownString } from '../src/core/json.ts';
import { openScanner } from '../src/server/scanner.ts';
import { defaultArchiveLimits } from '../src/archive/limits.ts';
import { startAdmission } from '../test/support/admission-bench.ts';
import { fetchAll, packagesOf, tarballOfReal } from '../test/support/accuracy/real-packages.ts';

const wanted = Number(process.argv[2] ?? 300);
const pairs = Number(process.argv[3] ?? 3);
const atOnce = 8;
const cache = new URL('../.cache/accuracy/npm', import.meta.url).pathname;

const all = packagesOf('first');
const step = Math.max(1, Math.floor(all.length / wanted));
// One release of each name: the registry here lists what was published, and cooldown is long over.
const chosen = [...new Map(all.map((one) => [one.name, one])).values()]
  .filter((_, at) => at % step === 0)
  .slice(0, wanted);
await fetchAll(cache, chosen);
const tarballs = await Promise.all(chosen.map((one) => tarballOfReal(cache, one)));

interface Cost {
  readonly cpu: number;
  readonly wall: number;
  readonly allowed: number;
}

async function round(scans: boolean): Promise<Cost> {
  const closers: (() => unknown)[] = [];
  const context = { after: (close: () => unknown) => void closers.push(close) } as unknown as TestContext;
  const bench = await startAdmission(context);
  const ends: (() => Promise<void>)[] = [];
  if (scans) {
    const settings = { dataDirectory: bench.directory, archiveLimits: defaultArchiveLimits };
    const scanner = openScanner(settings, { warn: () => undefined }, ends);
    bench.setScan(scanner.scan);
  }
  for (const [at, { name, version }] of chosen.entries()) {
    const tarball = tarballs[at] ?? new Uint8Array();
    bench.registry.publish({ name, version, tarball, manifest: manifestIn(tarball) });
  }
  const [cpuBefore, wallBefore] = [cpuSeconds(), performance.now()];
  const waiting = chosen.values();
  let allowed = 0;
  const run = async (): Promise<void> => {
    for (const { name, version } of waiting) {
      const { state } = await bench.admit(name, version);
      if (state === 'allowed') allowed += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  const wall = (performance.now() - wallBefore) / 1000;
  for (const end of ends) await end();
  for (const close of closers) await close();
  // Children count once they are reaped.
  return { cpu: cpuSeconds() - cpuBefore, wall, allowed };
}

/** User and system time of this process and of the children that ended, by Linux's own count (100 ticks a second). */
function cpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

/** The package.json of a tarball, for the index to show. */
function manifestIn(tarball: Uint8Array): Record<string, never> {
  const tar = gunzipSync(tarball);
  for (let at = 0; at + 512 <= tar.length;) {
    const name = tar
      .subarray(at, at + 100)
      .toString('utf8')
      .replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.subarray(at + 124, at + 136).toString('utf8'), 8) || 0;
    if (/^[^/]+\/package\.json$/.test(name)) {
      const parsed: unknown = JSON.parse(
        tar
          .subarray(at + 512, at + 512 + size)
          .toString('utf8')
          .replace(/^\uFEFF/, ''),
      );
      if (isJsonObject(parsed) && ownString(parsed, 'name') !== undefined)
        return parsed as Record<string, never>;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return {};
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const costs: Record<'without' | 'with', Cost[]> = { without: [], with: [] };
await round(true);
for (let pair = 0; pair < pairs; pair += 1) {
  costs.without.push(await round(false));
  costs.with.push(await round(true));
}
for (const [name, rounds] of Object.entries(costs)) {
  const [cpu, wall] = [median(rounds.map((one) => one.cpu)), median(rounds.map((one) => one.wall))];
  process.stdout.write(
    `${name.padEnd(8)} ${cpu.toFixed(1)} s of processor, ${wall.toFixed(1)} s (${rounds[0]?.allowed} of ${chosen.length} allowed)\n`,
  );
}
const ratio = (part: 'cpu' | 'wall'): string =>
  (median(costs.with.map((one) => one[part])) / median(costs.without.map((one) => one[part]))).toFixed(2);
process.stdout.write(`the scan: ${ratio('cpu')} x the processor time, ${ratio('wall')} x the time\n`);
