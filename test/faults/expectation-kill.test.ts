/** Kill -9 while the gate learns: no revision without its ledger entry, no entry without its revision, no gap in either. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { UpstreamId } from '../../src/core/subject.ts';
import { openStorage, type Storage } from '../../src/storage/open.ts';
import { temporaryDirectory } from '../support/storage-records.ts';

const writer = join(import.meta.dirname, 'expectation-writer.ts');
const upstream = 'npm' as UpstreamId;

/** Said lines, until it had said so many. */
async function runUntilKilled(directory: string, lines: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'ready') said.push(line);
    if (said.length >= lines && !child.killed) child.kill('SIGKILL');
  }
  assert.equal((await exited)[1], 'SIGKILL');
  return said;
}

async function check(storage: Storage, said: readonly string[]): Promise<void> {
  let revisions = 0;
  for (const name of ['one', 'two', 'three']) {
    const all = await storage.history.expectationHistory(upstream, name);
    const inForce = await storage.history.expectations(upstream, name);
    revisions += all.length;
    for (const line of ['*', '1']) {
      const ofLine = all.filter(({ expectation }) => expectation.line === line);
      const numbers = ofLine.map(({ expectation }) => expectation.revision).sort((a, b) => b - a);
      assert.deepEqual(
        numbers,
        numbers.map((_, at) => numbers.length - at),
      );
      assert.equal(inForce.find((one) => one.line === line)?.revision, numbers[0]);
    }
    const events = await Promise.all(all.map(({ eventId }) => storage.events.byId(eventId)));
    assert.ok(events.every((event) => event !== undefined));
    assert.equal(new Set(events.map((event) => event?.previousEventId)).size, all.length, 'one chain');
    // What is learned was remembered before it.
    const versions = new Set(
      (await storage.history.publications(upstream, name)).map(({ publication }) => publication.version),
    );
    for (const { expectation } of all.slice(0, 100))
      assert.ok(expectation.learnedFrom.every((version) => versions.has(version)));
  }
  assert.equal((await storage.read.outboxAfter(0, 1000)).length, revisions);
  for (const line of said) {
    const [name = '', , of, revision, eventId] = line.split(' ');
    const found = (await storage.history.expectationHistory(upstream, name)).find(
      (one) => one.eventId === eventId,
    );
    assert.deepEqual([found?.expectation.line, String(found?.expectation.revision)], [of, revision]);
  }
}

test('after kill -9 every acknowledged revision is there with its entry, and learning goes on where it was', async (context) => {
  const directory = await temporaryDirectory(context);
  const said: string[] = [];
  for (const lines of [1, 7, 40]) {
    said.push(...(await runUntilKilled(directory, lines)));
    const storage = await openStorage({ directory });
    await check(storage, said);
    await storage.close();
  }
});
