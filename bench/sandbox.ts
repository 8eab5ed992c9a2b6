/**
 * What the sandbox costs: the same builds plain and inside, in pairs, one right after the other, in turns first.
 *
 *     bin/node bench/sandbox.ts
 *
 * Plain means: the machine's own compiler and this Node, as the same unprivileged uid, in a folder of the same disk. So
 * the machine should be of the same Debian release as the base root. BENCH_ROUNDS sets the number of pairs (7).
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunSpec } from '../src/core/sandbox.ts';
import { noSandbox, openTestSandbox, testLimits, type TestSandbox } from '../test/support/sandbox.ts';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 7);
const user = process.getuid?.() === 0 ? { uid: 1_900_000_001, gid: 1_900_000_001 } : {};

interface Build {
  readonly name: string;
  /** Makes the input in a folder. */
  readonly prepare: (folder: string) => void;
  /** Words of `sh`, in the folder; `$NODE` is this Node. */
  readonly words: string;
}

function sourceOfC(seed: number): string {
  const functions = Array.from(
    { length: 25 },
    (_, at) =>
      `int f${seed}_${at}(int *a, int n) { int s = ${at}; for (int i = 0; i < n; i++) { s += a[i] * ${seed + at}; if (s & 1) s ^= a[(i * 7) % n]; } return s; }`,
  );
  return `#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n${functions.join('\n')}\n`;
}

const builds: readonly Build[] = [
  {
    name: 'cc: 12 files with -O2, one process each, and an archive of them',
    prepare: (folder) => {
      for (let at = 0; at < 12; at += 1) writeFileSync(join(folder, `f${at}.c`), sourceOfC(at));
    },
    words: 'for f in f*.c; do cc -O2 -c "$f" || exit 1; done; ar rc all.a f*.o; rm -f f*.o',
  },
  {
    name: 'Node: 1,000 files read, changed, written and packed',
    prepare: (folder) => {
      mkdirSync(join(folder, 'src'));
      for (let at = 0; at < 1000; at += 1)
        writeFileSync(join(folder, 'src', `m${at}.js`), sourceOfC(at % 50));
      writeFileSync(
        join(folder, 'build.cjs'),
        `const fs = require('node:fs'), zlib = require('node:zlib');
         fs.rmSync('dist', { recursive: true, force: true }); fs.mkdirSync('dist');
         const all = [];
         for (const name of fs.readdirSync('src')) {
           const text = fs.readFileSync('src/' + name, 'utf8').replace(/int (f\\d+)_(\\d+)/g, 'export function $1$2');
           fs.writeFileSync('dist/' + name, text); all.push(text);
         }
         fs.writeFileSync('dist.gz', zlib.gzipSync(all.join('\\n'), { level: 6 }));`,
      );
    },
    words: '"$NODE" build.cjs',
  },
  {
    name: 'sh: 500 short programs, one after the other',
    prepare: () => undefined,
    words: 'i=0; while [ $i -lt 500 ]; do i=$((i + 1)); /bin/true; done',
  },
];

type Way = 'plain' | 'sandboxed' | 'frozen clock';

interface Cost {
  readonly wallMs: number;
  /** Of the build's own processes. On a machine that others use too it says more. */
  readonly cpuMs: number;
}

/** The shell's `times`, of its children: the last line. */
function cpuMs(printed: string): number {
  const parts = [...(printed.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
}

async function costOf(box: TestSandbox, folder: string, build: string, way: Way): Promise<Cost> {
  const words = `{ ${build}; } && times`;
  const start = performance.now();
  if (way === 'plain') {
    const env = { PATH: '/usr/bin:/bin', NODE: process.execPath };
    const { status, stdout } = spawnSync('/bin/sh', ['-c', words], {
      cwd: folder,
      env,
      encoding: 'utf8',
      ...user,
    });
    if (status !== 0) throw new Error(`the plain build failed: ${words}`);
    return { wallMs: performance.now() - start, cpuMs: cpuMs(stdout) };
  }
  const spec: Partial<RunSpec> = {
    mounts: [
      { from: folder, to: '/build', writable: true },
      { from: process.execPath, to: '/toolchain/node', writable: false },
    ],
    cwd: '/build',
    env: { NODE: '/toolchain/node' },
    freezeClock: way === 'frozen clock',
    limits: { ...testLimits, wallMs: 300_000, cpuSeconds: 300 },
  };
  const { ended, exitCode, output } = await box.run(['/bin/sh', '-c', words], spec);
  if (ended !== 'exit' || exitCode !== 0)
    throw new Error(`the build in the sandbox failed: ${ended} ${output}`);
  return { wallMs: performance.now() - start, cpuMs: cpuMs(output) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function compare(box: TestSandbox, build: Build): Promise<void> {
  const workspace = await box.sandbox.workspace();
  const folder = await workspace.folder('build');
  build.prepare(folder);
  await workspace.give(folder);
  const ways: readonly Way[] = ['plain', 'sandboxed', 'frozen clock'];
  const costs: Record<Way, Cost[]> = { plain: [], sandboxed: [], 'frozen clock': [] };
  for (const way of ways) await costOf(box, folder, build.words, way);
  for (let round = 0; round < rounds; round += 1)
    for (let at = 0; at < ways.length; at += 1) {
      const way = ways[(round + at) % ways.length] ?? 'plain';
      costs[way].push(await costOf(box, folder, build.words, way));
    }
  console.log(build.name);
  for (const way of ways) {
    const over = (of: keyof Cost): string => {
      const ratios = costs[way].map((cost, round) => cost[of] / (costs.plain[round]?.[of] ?? Number.NaN));
      return `${((median(ratios) - 1) * 100).toFixed(1)} %`;
    };
    const wall = median(costs[way].map((cost) => cost.wallMs)).toFixed(0);
    const cpu = median(costs[way].map((cost) => cost.cpuMs)).toFixed(0);
    console.log(
      `  ${way.padEnd(13)} ${wall.padStart(6)} ms (${over('wallMs')} over plain), CPU ${cpu.padStart(6)} ms (${over('cpuMs')})`,
    );
  }
  await workspace.remove();
}

async function startUp(box: TestSandbox): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const start = performance.now();
    await box.run(['/bin/true']);
    times.push(performance.now() - start);
  }
  console.log(`starting and ending a sandbox: ${median(times).toFixed(0)} ms (median of 20)`);
}

if (noSandbox !== undefined) throw new Error(noSandbox);
const box = await openTestSandbox();
try {
  await startUp(box);
  for (const build of builds) await compare(box, build);
} finally {
  await box.close();
}
