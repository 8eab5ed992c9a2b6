import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPurl, type Purl } from '../../core/purl.ts';
import { addWanted } from './automatic.ts';
import type { QueueRequest } from './queue.ts';

const of = (name: string): Purl => formatPurl('npm', name, '1.0.0');

test('what is used is queued in the order of its use, below what people ask for, and only a few at a time', async () => {
  const added: { readonly purl: Purl; readonly reason: string; readonly priority: number }[] = [];
  let waiting = 1;
  const wanted = [
    { purl: of('most'), pullers: 5000 },
    { purl: of('some'), pullers: 4 },
    { purl: of('none'), pullers: 0 },
  ];
  const deps = {
    jobs: {
      inState: () => Promise.resolve(Array.from({ length: waiting }, () => ({}) as never)),
      wanted: (_: unknown, limit: number) => Promise.resolve(wanted.slice(0, limit)),
    },
    queue: {
      add: ({ purl, reason }: QueueRequest, priority = 0) => {
        added.push({ purl, reason, priority });
        return Promise.resolve({} as never);
      },
    },
    log: { warn: () => {} },
  };
  await addWanted(deps);
  assert.deepEqual(added, [
    { purl: of('most'), reason: 'used', priority: 90 },
    { purl: of('some'), reason: 'used', priority: 4 },
  ]);
  waiting = 3;
  await addWanted(deps);
  assert.equal(added.length, 2);
});
