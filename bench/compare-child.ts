/**
 * What a comparison costs as the gate does it: two tarballs, read twice each and compared in a child of its own.
 *
 *     bin/node bench/compare-child.ts [MB of the tarball…]     default: 1 10 50
 *
 * Each round also inflates and hashes both files in this process, which is the least that any comparison does, and prints
 * the median of the ratios, so that a busy machine disturbs both. CPU seconds and the peak of the child's resident memory
 * are those that Linux tells in `/proc`.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sha256 } from '../src/core/digest.ts';
import { createComparer, type NamedFile } from '../src/server/rebuilding/comparer.ts';
import { file, tarball } from '../test/support/tar-builder.ts';
import { machineFacts } from './support/machine-facts.ts';
import { median, printTable, shown } from './support/stats.ts';

const rounds = 5;
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10, 50];
const folder = mkdtempSync(join(tmpdir(), 'assay-bench-compare-'));
const facts = {
  version: '1.0.0',
  commit: 'a'.repeat(40),
  committedAt: 1_700_000_000,
  sourceDateEpoch: 1_700_000_000,
  publishedAt: 1_700_010_000,
  sourcePaths: { upstream: [], rebuilt: ['/work/source'] },
  sourceFiles: undefined,
};

let state = 7;
function next(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state;
}

/** Code that gzip makes about three times smaller, as it does with most packages. */
function code(bytes: number): string {
  const lines: string[] = [];
  for (let length = 0; length < bytes;) {
    const name = Array.from({ length: 6 }, () => next().toString(36)).join('');
    const line = `exports.${name} = function (a, b) { return require('./f${next() % 200}.js').x * ${next()} + a - b; };`;
    lines.push(line);
    length += line.length + 1;
  }
  return `${lines.join('\n')}\n`;
}

function stored(name: string, texts: readonly string[]): NamedFile {
  const bytes = tarball(
    file('package/package.json', '{"name":"thing","version":"1.0.0","main":"f0.js"}\n'),
    ...texts.map((text, at) => file(`package/f${at}.js`, text)),
  );
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { path, sizeBytes: bytes.length, sha256: sha256(bytes) };
}

interface ChildUse {
  cpuSeconds: number;
  peakMB: number;
}

/** The children of this process, looked at until `stop`: what they used and the most they held, by the last look. */
function watchChildren(): { readonly stop: () => ChildUse } {
  const seen = new Map<string, ChildUse>();
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
        if (Number(stat[1]) !== process.pid) continue;
        const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        if (peak === undefined) continue;
        const ticks = Number(stat[11]) + Number(stat[12]);
        seen.set(pid, { cpuSeconds: ticks / 100, peakMB: Number(peak) / 1024 });
      } catch {
        // It ended between the two looks.
      }
    }
  };
  const timer = setInterval(look, 20);
  return {
    stop: () => {
      clearInterval(timer);
      const all = [...seen.values()];
      return {
        cpuSeconds: all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
        peakMB: Math.max(0, ...all.map(({ peakMB }) => peakMB)),
      };
    },
  };
}

function leastSeconds(files: readonly NamedFile[]): number {
  const before = process.cpuUsage();
  for (const { path } of files) sha256(gunzipSync(readFileSync(path)));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const comparer = createComparer({
  nodePath: process.execPath,
  readable: [`${folder}/`],
  children: 1,
});
console.log(machineFacts());
const rows: string[][] = [];
for (const megabytes of sizes) {
  // 200 files in one half, one bundle in the other.
  const unpacked = megabytes * 1e6 * 2.85;
  const texts = [...Array.from({ length: 200 }, () => code(unpacked / 400)), code(unpacked / 2)];
  const honest = stored('honest', texts);
  const edited = texts.map((text, at) => (at % 10 === 0 ? text.replaceAll(' + a', ' - a') : text));
  const pairs = { equal: honest, 'every tenth file and the bundle differ': stored('edited', edited) };
  for (const [name, upstream] of Object.entries(pairs)) {
    const uses: (ChildUse & { readonly least: number; readonly wall: number })[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const least = leastSeconds([upstream, honest]);
      const watch = watchChildren();
      const start = performance.now();
      await comparer.compare('npm', upstream, honest, facts);
      const wall = (performance.now() - start) / 1000;
      uses.push({ ...watch.stop(), least, wall });
    }
    const middle = (of: (use: (typeof uses)[number]) => number): number => median(uses.map(of));
    rows.push([
      `${(honest.sizeBytes / 1e6).toFixed(1)} MB (${(unpacked / 1e6).toFixed(0)} unpacked), ${name}`,
      shown(middle(({ wall }) => wall)),
      shown(middle(({ cpuSeconds }) => cpuSeconds)),
      shown(middle(({ cpuSeconds }) => (cpuSeconds * 1000) / (honest.sizeBytes / 1e6))),
      shown(middle(({ cpuSeconds, least }) => cpuSeconds / least)),
      shown(middle(({ peakMB }) => peakMB)),
    ]);
  }
}
printTable(
  [
    'Tarball',
    'Wall (s)',
    'CPU of the child (s)',
    'CPU ms per MB',
    'times inflate and hash',
    'Peak memory (MB)',
  ],
  rows,
);
await comparer.close();
rmSync(folder, { recursive: true });
