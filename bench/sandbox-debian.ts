/**
 * What the sandbox costs a Debian build: the same source built by dpkg-buildpackage in the same base root, plainly (chroot, as the same
 * uid) and in the sandbox, in pairs, in turns first.
 *
 *     bin/node bench/sandbox-debian.ts [NAME]      as root, for the chroot; `hostname` without a name
 *
 * BENCH_ROUNDS sets the number of pairs (3).
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary } from '../src/rebuild/debian/binary-package.ts';
import { buildDependencies, buildKind } from '../src/rebuild/debian/build-dependencies.ts';
import { fetchSource, findSourcePackage } from '../src/rebuild/debian/source-package.ts';
import { archiveOfApt, debianBases, openRealSuite } from '../test/support/debian.ts';
import { noSandbox, openTestSandbox, testLimits } from '../test/support/sandbox.ts';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const [name = 'hostname'] = process.argv.slice(2);
const known = archiveOfApt();
if (noSandbox !== undefined || known === undefined || process.getuid?.() !== 0)
  throw new Error(noSandbox ?? 'root, and an archive of Debian 12 that apt knows, are needed');
const [uid, gid] = [1_900_000_001, 1_900_000_001];

const suite = await openRealSuite(known);
const binary = await findBinary(suite, name);
const source = await findSourcePackage(suite, binary.source.name, binary.source.version);
const packages = await buildDependencies([suite], source, buildKind(binary));
const base = await (await debianBases()).base(packages, [suite]);
const files = await fetchSource(suite, source);
const env = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  DEB_BUILD_OPTIONS: 'nocheck',
  FAKEROOTDONTTRYCHOWN: '1',
  HOME: '/build',
};
const words = `umask 0022; rm -rf /build/one; mkdir /build/one; cd /build/one; dpkg-source --no-check -x /source/${source.dscName} it >/dev/null 2>&1
cd it; dpkg-buildpackage -us -uc --build=${buildKind(binary)} >/build/log 2>&1 || { tail -n 20 /build/log; exit 1; }; times`;

const ways = ['plain', 'sandboxed', 'frozen clock'] as const;
type Way = (typeof ways)[number];
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const box = await openTestSandbox();
const folder = await mkdtemp(join(tmpdir(), 'assay-bench-chroot-'));
try {
  const workspace = await box.sandbox.workspace();
  const [input, output] = [await workspace.folder('source'), await workspace.folder('build')];
  const plainRoot = join(folder, 'root');
  await cp(base.path, plainRoot, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  for (const at of ['source', 'build', 'proc', 'dev']) await mkdir(join(plainRoot, at), { recursive: true });
  for (const { name: file, bytes } of files) {
    await writeFile(join(input, file), bytes);
    await writeFile(join(plainRoot, 'source', file), bytes);
  }
  await workspace.give(input);
  for (const [program, ...args] of [
    ['chown', `${uid}:${gid}`, join(plainRoot, 'build')],
    ['chmod', '1777', join(plainRoot, 'tmp')],
  ])
    if (spawnSync(program ?? '', args).status !== 0) throw new Error('the plain root could not be made');

  const costOf = async (way: Way): Promise<Cost> => {
    const start = performance.now();
    if (way === 'plain') {
      // Mounts of its own, which end with it.
      const mounts = `mount --bind /dev ${plainRoot}/dev && mount -t proc proc ${plainRoot}/proc`;
      const build = `exec chroot --userspec=${uid}:${gid} ${plainRoot} /bin/sh -euc "$0"`;
      const run = spawnSync('unshare', ['-m', '/bin/sh', '-euc', `${mounts}; ${build}`, words], {
        env,
        encoding: 'utf8',
      });
      if (run.status !== 0) throw new Error(`the plain build failed: ${run.stdout} ${run.stderr}`);
      return { wallMs: performance.now() - start, cpuMs: cpuMs(run.stdout) };
    }
    const {
      ended,
      exitCode,
      output: printed,
    } = await box.run(['/bin/sh', '-euc', words], {
      root: base.path,
      mounts: [
        { from: input, to: '/source', writable: false },
        { from: output, to: '/build', writable: true },
      ],
      cwd: '/',
      env: { DEB_BUILD_OPTIONS: env.DEB_BUILD_OPTIONS, FAKEROOTDONTTRYCHOWN: '1' },
      freezeClock: way === 'frozen clock',
      limits: {
        ...testLimits,
        wallMs: 600_000,
        cpuSeconds: 600,
        processes: 512,
        memoryBytes: 2 * 1024 ** 3,
        diskBytes: 1024 ** 3,
      },
    });
    if (ended !== 'exit' || exitCode !== 0)
      throw new Error(`the build in the sandbox failed: ${ended} ${printed}`);
    return { wallMs: performance.now() - start, cpuMs: cpuMs(printed) };
  };

  const costs: Record<Way, Cost[]> = { plain: [], sandboxed: [], 'frozen clock': [] };
  for (const way of ways) await costOf(way);
  for (let round = 0; round < rounds; round += 1)
    for (let at = 0; at < ways.length; at += 1) {
      const way = ways[(round + at) % ways.length] ?? 'plain';
      costs[way].push(await costOf(way));
    }
  console.log(`${source.name} ${source.version}, ${rounds} rounds`);
  for (const way of ways) {
    const over = (of: keyof Cost): string =>
      `${((median(costs[way].map((cost, round) => cost[of] / (costs.plain[round]?.[of] ?? Number.NaN))) - 1) * 100).toFixed(1)} %`;
    const [wall, cpu] = (['wallMs', 'cpuMs'] as const).map((of) =>
      median(costs[way].map((cost) => cost[of])).toFixed(0),
    );
    console.log(
      `  ${way.padEnd(13)} ${wall} ms (${over('wallMs')} over plain), CPU ${cpu} ms (${over('cpuMs')})`,
    );
  }
  await workspace.remove();
} finally {
  await box.close();
  await rm(folder, { recursive: true, force: true });
}
