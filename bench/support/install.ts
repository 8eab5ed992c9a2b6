/** A real lockfile of some 850 packages: `npm ci` through the warm gate and straight from the static upstream, in pairs. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runClient, type Client } from '../../test/support/clients.ts';
import { machineRegistry } from '../../test/support/machine.ts';
import { largeProject } from '../../test/support/projects.ts';
import { startBenchGate } from './gate-process.ts';
import { startStaticRegistry } from './static-registry.ts';
import { median, printTable, shown } from './stats.ts';

const client: Client = 'npm11';
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5);
const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
const timeoutMs = 10 * 60_000;

export async function install(): Promise<void> {
  const folder = resolve(import.meta.dirname, '../../.cache/bench');
  const upstream = await startStaticRegistry({ folder, origin: (await machineRegistry()).url });
  const gate = await startBenchGate(upstream.url);
  const base = await mkdtemp(join(tmpdir(), 'assay-bench-install-'));
  try {
    const lockfile = await resolved(base, gate.url);
    const count = lockfile.split('"integrity"').length - 1;
    const direct = lockfile.replaceAll(gate.url, upstream.url);
    // Warms both: the gate admits, the recorder records.
    await ci(base, gate.url, lockfile);
    await ci(base, upstream.url, direct);
    const pairs: { readonly gate: number; readonly direct: number }[] = [];
    const cpuBefore = await gate.cpuSeconds();
    await gate.eventLoopP99Ms();
    for (let round = 0; round < rounds; round += 1) {
      // Whoever goes first is the other one each time: a machine that slows down must not favour one.
      const first = round % 2 === 0 ? await ci(base, gate.url, lockfile) : undefined;
      const plain = await ci(base, upstream.url, direct);
      pairs.push({ gate: first ?? (await ci(base, gate.url, lockfile)), direct: plain });
    }
    const cpu = ((await gate.cpuSeconds()) - cpuBefore) / rounds;
    const { residentMb, peakMb } = await gate.memory();
    const lag = await gate.eventLoopP99Ms();
    printTable(
      [`npm ci of ${count} packages, empty npm cache, ${rounds} pairs`, 'figure'],
      [
        ['through the warm gate, s (median)', shown(median(pairs.map((pair) => pair.gate)))],
        ['straight from the static upstream, s (median)', shown(median(pairs.map((pair) => pair.direct)))],
        ['ratio (median of the pairs)', shown(median(pairs.map((pair) => pair.gate / pair.direct)))],
        ['all ratios', pairs.map((pair) => shown(pair.gate / pair.direct)).join(' ')],
        ['CPU of the gate for one install, s', shown(cpu)],
        ['event loop p99, ms', shown(lag)],
        ['resident after, MB', shown(residentMb)],
        ['peak (with the cold install), MB', shown(peakMb)],
      ],
    );
  } finally {
    await gate.stop();
    await upstream.close();
    await rm(base, { recursive: true, force: true });
  }
}

/** The project's lockfile, as npm makes it through the gate. */
async function resolved(base: string, registry: string): Promise<string> {
  const project = join(base, 'resolve');
  await writeProject(project, registry);
  const args = ['install', '--package-lock-only', ...quiet];
  const run = await runClient(client, args, { cwd: project, home: join(base, 'home'), timeoutMs });
  if (run.code !== 0) throw new Error(run.output);
  return readFile(join(project, 'package-lock.json'), 'utf8');
}

/** Seconds. */
async function ci(base: string, registry: string, lockfile: string): Promise<number> {
  const project = await mkdtemp(join(base, 'project-'));
  const home = await mkdtemp(join(base, 'home-'));
  await writeProject(project, registry, lockfile);
  const start = performance.now();
  const run = await runClient(client, ['ci', ...quiet], { cwd: project, home, timeoutMs });
  const seconds = (performance.now() - start) / 1000;
  if (run.code !== 0) throw new Error(run.output);
  await Promise.all([project, home].map((path) => rm(path, { recursive: true, force: true })));
  return seconds;
}

async function writeProject(folder: string, registry: string, lockfile?: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '.npmrc'), `registry=${registry}\n`);
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'bench', version: '1.0.0', ...largeProject }),
  );
  if (lockfile !== undefined) await writeFile(join(folder, 'package-lock.json'), lockfile);
}
