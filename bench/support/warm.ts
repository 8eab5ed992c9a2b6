/** Answers from what the gate already holds: indexes, files, 304s, refusals. */
import { setTimeout as wait } from 'node:timers/promises';
import { startBenchGate, type BenchGate } from './gate-process.ts';
import { load, type Load } from './load.ts';
import { newestFile, publish } from './packages.ts';
import { startStaticRegistry } from './static-registry.ts';
import { percentile, printTable, shown } from './stats.ts';

const abbreviated = { accept: 'application/vnd.npm.install-v1+json', 'accept-encoding': 'gzip' };

type Case = readonly [what: string, path: string, more?: Partial<Load>];

export async function warm(): Promise<void> {
  const upstream = await startStaticRegistry();
  const large = publish(upstream, 'large', 3600);
  publish(upstream, 'small', 10);
  publish(upstream, 'file-20k', 1, 20_000);
  publish(upstream, 'file-2m', 1, 2_000_000);
  publish(upstream, 'denied', 1);
  const gate = await startBenchGate(upstream.url, {
    policy: { deny: [{ package: 'denied', reason: 'for the bench' }] },
  });
  try {
    await wait(3000);
    const idle = await gate.memory();
    const cases: readonly Case[] = [
      ['index of 10 versions', '/small'],
      ['index of 3,600 versions', '/large'],
      ['304 of 10 versions', '/small', await conditional(gate, '/small')],
      ['304 of 3,600 versions', '/large', await conditional(gate, '/large')],
      ['file of 20 kB', newestFile('file-20k', 1)],
      ['file of 2 MB', newestFile('file-2m', 1)],
      ['refusal', newestFile('denied', 1), { expect: 403 }],
    ];
    const rows: (readonly string[])[] = [];
    for (const [what, path, more = {}] of cases) {
      const base: Load = {
        port: gate.port,
        path,
        headers: abbreviated,
        connections: 1,
        count: 300,
        expect: 200,
        ...more,
      };
      await load({ ...base, connections: 4, count: 400 });
      rows.push(await measured(gate, what, 'one after the other', base));
      rows.push(await measured(gate, what, '50 at once', { ...base, connections: 50, count: 2000 }));
      const rate = path.includes('2m') || path === '/large' ? 100 : 500;
      rows.push(
        await measured(gate, what, `200 connections, ${rate}/s`, {
          ...base,
          connections: 200,
          count: rate * 4,
          rate,
        }),
      );
    }
    console.log(`The index of 3,600 versions has ${(large.bytes / 1e6).toFixed(1)} MB.\n`);
    printTable(
      ['answer', 'load', 'p50 ms', 'p95 ms', 'p99 ms', 'per second', 'bytes', 'event loop p99 ms'],
      rows,
    );
    const after = await gate.memory();
    await wait(30_000);
    const later = await gate.memory();
    printTable(
      ['memory of the gate, MB', 'resident'],
      [
        ['three seconds after its start', shown(idle.residentMb)],
        ['right after the load', shown(after.residentMb)],
        ['idle for 30 s after it', shown(later.residentMb)],
        ['peak', shown(later.peakMb)],
      ],
    );
  } finally {
    await gate.stop();
    await upstream.close();
  }
}

async function conditional(gate: BenchGate, path: string): Promise<Partial<Load>> {
  const answer = await fetch(`${gate.url}${path.slice(1)}`, { headers: abbreviated });
  await answer.arrayBuffer();
  return { expect: 304, headers: { ...abbreviated, 'if-none-match': answer.headers.get('etag') ?? '' } };
}

async function measured(
  gate: BenchGate,
  what: string,
  how: string,
  options: Load,
): Promise<readonly string[]> {
  await gate.eventLoopP99Ms();
  const { milliseconds, perSecond, bodyBytes } = await load(options);
  const lag = await gate.eventLoopP99Ms();
  const shares = [0.5, 0.95, 0.99].map((share) => shown(percentile(milliseconds, share)));
  return [what, how, ...shares, shown(perSecond), String(bodyBytes), shown(lag)];
}
