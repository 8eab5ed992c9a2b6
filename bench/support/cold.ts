/** Indexes nobody asked for before: twenty of 8 MB at once, on a gate with empty data. */
import { startBenchGate } from './gate-process.ts';
import { load } from './load.ts';
import { publish } from './packages.ts';
import { startStaticRegistry } from './static-registry.ts';
import { median, printTable, shown } from './stats.ts';

const rounds = 5;
const parallel = 20;
/** As many versions as make 8 MB. */
const versions = 3900;

export async function cold(): Promise<void> {
  const upstream = await startStaticRegistry();
  const names = Array.from({ length: parallel }, (_, at) => `cold-${at}`);
  const bytes = names.map((name) => publish(upstream, name, versions).bytes);
  publish(upstream, 'first', 2);
  const headers = { accept: 'application/vnd.npm.install-v1+json', 'accept-encoding': 'gzip' };
  const rows: number[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const gate = await startBenchGate(upstream.url);
    const ask = (name: string) =>
      load({ port: gate.port, path: `/${name}`, headers, connections: 1, count: 1, expect: 200 });
    await ask('first');
    await gate.eventLoopP99Ms();
    const start = performance.now();
    await ask(names[0] ?? '');
    const one = performance.now() - start;
    const restart = performance.now();
    await Promise.all(names.slice(1).map(ask));
    const all = performance.now() - restart;
    const { peakMb } = await gate.memory();
    rows.push([one, all, await gate.eventLoopP99Ms(), peakMb]);
    await gate.stop();
  }
  await upstream.close();
  const column = (at: number): string => shown(median(rows.map((row) => row[at] ?? Number.NaN)));
  printTable(
    [`${((bytes[0] ?? 0) / 1e6).toFixed(1)} MB indexes, first asked for; median of ${rounds}`, 'figure'],
    [
      ['one alone, ms', column(0)],
      [`${parallel - 1} more at once until the last is answered, ms`, column(1)],
      ['event loop p99, ms', column(2)],
      ['peak memory, MB', column(3)],
    ],
  );
}
