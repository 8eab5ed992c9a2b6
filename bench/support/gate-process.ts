/** The gate as a process of its own, on fresh data, with what can be read of it from outside. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { cleanEnvironment } from '../../test/support/clients.ts';
import { freePort } from '../../test/support/gate.ts';

const root = resolve(import.meta.dirname, '../..');

export interface BenchGate {
  readonly url: string;
  readonly port: number;
  readonly memory: () => Promise<Memory>;
  /** The 99th percentile since the last call. */
  readonly eventLoopP99Ms: () => Promise<number>;
  /** User and system time since it started. */
  readonly cpuSeconds: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

export interface Memory {
  readonly residentMb: number;
  readonly peakMb: number;
}

/** `nodeFlags`: for instance `--cpu-prof`. */
export async function startBenchGate(
  upstream: string,
  config: Readonly<Record<string, unknown>> = {},
  nodeFlags: readonly string[] = [],
  moreEnv: Readonly<Record<string, string>> = {},
): Promise<BenchGate> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const port = await freePort();
  await mkdir(join(folder, 'home'));
  const settings = {
    upstreams: { npm: { url: upstream, allowInsecure: true } },
    indexFreshSeconds: 3600,
    logLevel: 'error',
    ...config,
  };
  await writeFile(join(folder, 'assay.yaml'), JSON.stringify(settings));
  const env = {
    ...cleanEnvironment(join(folder, 'home')),
    ASSAY_PORT: String(port),
    ASSAY_CONSOLE_PORT: String(await freePort()),
    ASSAY_DATA: join(folder, 'data'),
    ASSAY_CONFIG: join(folder, 'assay.yaml'),
    ...moreEnv,
  };
  // With flags, as bin/assay starts it but for the settings of the allocator.
  const [program, args] =
    nodeFlags.length === 0
      ? [join(root, 'bin/assay'), []]
      : [process.execPath, [...nodeFlags, join(root, 'src/cli/main.ts')]];
  const child = spawn(program, [...args, 'serve'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const url = `http://127.0.0.1:${port}/`;
  const pid = child.pid ?? -1;
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries += 1) {
    if (child.exitCode !== null || tries > 600) throw new Error('the gate did not start');
    const ready = await fetch(`${url}-/health`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (ready) break;
    await wait(50);
  }
  return { url, port, memory: () => memoryOf(pid), cpuSeconds: () => cpuOf(pid), eventLoopP99Ms, stop };

  async function eventLoopP99Ms(): Promise<number> {
    const text = await (await fetch(`${url}-/metrics`)).text();
    return 1000 * Number(/^nodejs_eventloop_lag_p99_seconds ([\d.e-]+)/m.exec(text)?.[1] ?? Number.NaN);
  }
}

async function memoryOf(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
  return { residentMb: kilobytes('VmRSS') / 1024, peakMb: kilobytes('VmHWM') / 1024 };
}

async function cpuOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
