/**
 * What the static scan costs a core, on real packages.
 *
 *     bin/node bench/scan.ts [number of packages]      (default 50, spread over the first set; 0 for all of it)
 *
 * The packages are those of test/support/accuracy/first-set.json, fetched by npm into .cache/accuracy, once. Prints MB
 * unpacked per second of CPU time, in this process (as a child does it), for each round: the first is cold. "Read" is
 * unpacking alone.
 */
import { hintsOf } from '../src/scan/hints.ts';
import { createPackageScan, type ScanHints } from '../src/scan/package-scan.ts';
import { defaultScanLimits } from '../src/scan/scanner.ts';
import { readMembers, type MemberSink } from '../src/scan/tarball.ts';
import { fetchAll, packagesOf, tarballOfReal } from '../test/support/accuracy/real-packages.ts';

const rounds = 3;
const wanted = Number(process.argv[2] ?? 50);
const cache = new URL('../.cache/accuracy/npm', import.meta.url).pathname;

const all = packagesOf('first');
const step = wanted === 0 ? 1 : Math.max(1, Math.floor(all.length / wanted));
const chosen = all.filter((_, at) => at % step === 0).slice(0, wanted === 0 ? all.length : wanted);
await fetchAll(cache, chosen);
const tarballs: Uint8Array[] = [];
for (const one of chosen) tarballs.push(await tarballOfReal(cache, one));

interface Cost {
  readonly bytes: number;
  readonly seconds: number;
  readonly parsed: number;
}

async function costOf(
  work: (tarball: Uint8Array, at: number) => Promise<{ readonly bytes: number; readonly parsed: number }>,
): Promise<Cost> {
  const before = process.cpuUsage();
  let bytes = 0;
  let parsed = 0;
  for (const [at, tarball] of tarballs.entries()) {
    const done = await work(tarball, at);
    bytes += done.bytes;
    parsed += done.parsed;
  }
  const { user, system } = process.cpuUsage(before);
  return { bytes, parsed, seconds: (user + system) / 1e6 };
}

function members(tarball: Uint8Array, sink: MemberSink): Promise<void> {
  return readMembers(
    (offset, length) => tarball.subarray(offset, offset + length),
    tarball.length,
    defaultScanLimits,
    sink,
  );
}

/** As the gate has them from the reading before: not part of the cost. */
async function hintsFor(tarball: Uint8Array): Promise<ScanHints> {
  let manifest: string | undefined;
  let builds = false;
  await members(tarball, {
    file: ({ path, bytes }) => {
      if (path === 'package.json') manifest = Buffer.from(bytes).toString('utf8');
      builds ||= path === 'binding.gyp';
    },
    leftOut: () => undefined,
  });
  return hintsOf(manifest, builds, undefined);
}

async function scan(
  tarball: Uint8Array,
  at: number,
): Promise<{ readonly bytes: number; readonly parsed: number }> {
  const work = createPackageScan(hints[at] ?? hintsOf(undefined, false, undefined));
  await members(tarball, { file: work.add, leftOut: work.leftOut });
  const { bytesPresent, parsedFiles } = work.end();
  return { bytes: bytesPresent, parsed: parsedFiles };
}

async function read(tarball: Uint8Array): Promise<{ readonly bytes: number; readonly parsed: number }> {
  let bytes = 0;
  await members(tarball, { file: (file) => (bytes += file.bytes.length), leftOut: () => undefined });
  return { bytes, parsed: 0 };
}

const show = (what: string, { bytes, seconds, parsed }: Cost): void =>
  console.log(
    `${what.padEnd(10)} ${(bytes / 1e6).toFixed(1)} MB  ${seconds.toFixed(2)} s CPU  ${(bytes / 1e6 / seconds).toFixed(1)} MB/s  ${parsed} files parsed`,
  );

const hints: ScanHints[] = [];
for (const tarball of tarballs) hints.push(await hintsFor(tarball));
console.log(`${tarballs.length} packages`);
for (let round = 1; round <= rounds; round += 1) show(`scan ${round}`, await costOf(scan));
show('read', await costOf(read));
