import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { answerLedgerFile } from './ledger-files.ts';

const note = Buffer.from('log.example.com\n1\nAAAA\n\n— log.example.com sig\n');

/** A store that has every file, and remembers what was looked for. */
function fullStore(): Parameters<typeof answerLedgerFile>[0] & { readonly asked: readonly string[] } {
  const asked: string[] = [];
  return {
    asked,
    read: async (path) => {
      asked.push(path);
      return Buffer.from(path);
    },
    published: async () => note,
  };
}

const get = { method: 'GET', headers: {} };

test('tiles and bundles are immutable, the checkpoint is asked for anew each time', async () => {
  for (const path of ['tile/0/000', 'tile/1/x001/x234/067', 'tile/entries/000.p/8', 'tile/0/001.p/255']) {
    const answer = await answerLedgerFile(fullStore(), get, `/-/ledger/${path}`);
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers['cache-control'] ?? '', /immutable/);
    assert.equal(Buffer.from(answer.body).toString(), path);
    assert.equal(answer.headers['content-encoding'], undefined);
  }
  const checkpoint = await answerLedgerFile(fullStore(), get, '/-/ledger/checkpoint');
  assert.equal(checkpoint.headers['cache-control'], 'no-cache');
  assert.deepEqual(checkpoint.body, note);
});

test('a watcher that has the newest checkpoint is told so in few bytes', async () => {
  const first = await answerLedgerFile(fullStore(), get, '/-/ledger/checkpoint');
  const headers = { 'if-none-match': first.headers['etag'] ?? '' };
  const again = await answerLedgerFile(fullStore(), { method: 'GET', headers }, '/-/ledger/checkpoint');
  assert.deepEqual([again.status, again.body.length], [304, 0]);
  const other = { 'if-none-match': '"another"' };
  assert.equal(
    (await answerLedgerFile(fullStore(), { method: 'GET', headers: other }, '/-/ledger/checkpoint')).status,
    200,
  );
});

test('only a name of a tile is ever looked for: nothing climbs, nothing is decoded', async () => {
  const store = fullStore();
  for (const path of [
    'tile/0/../../assay.db',
    'tile/0/%2e%2e/assay.db',
    '../assay.db',
    'tile/0/000/',
    'tile//000',
    'tile/0/0',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/00/000',
    'tile/64/000',
    'tile/0/x000/000',
    'tile/data/000',
    'staging/1-aa',
    'Checkpoint',
    'checkpoint/',
    '',
  ]) {
    const answer = await answerLedgerFile(store, get, `/-/ledger/${path}`);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.headers['cache-control'], 'no-store', path);
  }
  assert.deepEqual(store.asked, []);
});

test('whatever is asked, the store only sees names made of tile, entries, digits, x and p', async () => {
  const pieces = fc.constantFrom(
    'tile',
    'entries',
    '/',
    '..',
    '.',
    '000',
    'x001',
    '.p/',
    '7',
    '%2f',
    '\\',
    '\0',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 10 }), async (parts) => {
      const store = fullStore();
      await answerLedgerFile(store, get, `/-/ledger/${parts.join('')}`);
      for (const path of store.asked)
        assert.match(path, /^tile\/(?:entries|\d{1,2})\/(?:x\d{3}\/)*\d{3}(?:\.p\/\d{1,3})?$/);
    }),
  );
});

test('a log that has no checkpoint yet, and a tile that is not there, are 404; writing is 405', async () => {
  const empty = { read: async () => undefined, published: async () => undefined };
  for (const path of ['checkpoint', 'tile/0/000'])
    assert.equal((await answerLedgerFile(empty, get, `/-/ledger/${path}`)).status, 404);
  const answer = await answerLedgerFile(empty, { method: 'PUT', headers: {} }, '/-/ledger/checkpoint');
  assert.deepEqual([answer.status, answer.headers['allow']], [405, 'GET, HEAD']);
});
