import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { at, temporaryDirectory, upstream } from '../../test/support/storage-records.ts';
import type { IndexLook } from '../admission/deps.ts';
import { sha256 } from '../core/digest.ts';
import { formatPurl } from '../core/purl.ts';
import { openStorage, type Storage } from './open.ts';

async function opened(context: TestContext): Promise<Storage> {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  return storage;
}

function lookOf(overrides: Partial<IndexLook>): IndexLook {
  const base = { upstream, name: 'left', body: sha256('index'), validators: {}, lookAt: at(0) };
  const bare = { absent: false, versions: [], replaced: [], attested: [], signed: [], published: [] };
  return { ...base, ...bare, ...overrides };
}

test('an index record keeps its first look and takes over the rest of the last one', async (context) => {
  const { admission } = await opened(context);
  const validators = { etag: '"1"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' };
  await admission.recordLook(lookOf({ validators }));
  await admission.recordLook(lookOf({ lookAt: at(60), body: undefined, absent: true }));
  assert.deepEqual(await admission.indexRecord(upstream, 'left'), {
    upstream,
    name: 'left',
    body: undefined,
    validators: {},
    firstLookAt: at(0),
    lastLookAt: at(60),
    absent: true,
  });
  await admission.recordLook(lookOf({ validators, lookAt: at(90) }));
  assert.deepEqual((await admission.indexRecord(upstream, 'left'))?.validators, validators);
});

test('a version that was not there at the look before carries that look', async (context) => {
  const { admission } = await opened(context);
  await admission.recordLook(lookOf({ versions: ['1.0.0', '1.0.0'] }));
  await admission.recordLook(lookOf({ lookAt: at(60), body: sha256('b'), versions: ['1.0.0', '__proto__'] }));
  await admission.recordLook(lookOf({ lookAt: at(90), body: sha256('c'), versions: ['1.0.0', '__proto__'] }));
  assert.deepEqual(
    await admission.appearances(upstream, 'left'),
    new Map([
      ['1.0.0', { absentAt: undefined, presentAt: at(0) }],
      ['__proto__', { absentAt: at(0), presentAt: at(60) }],
    ]),
  );
});

test('a version that comes back, or comes with other bytes, carries the look before', async (context) => {
  const { admission } = await opened(context);
  await admission.recordLook(lookOf({ versions: ['1.0.0', '2.0.0'] }));
  await admission.recordLook(lookOf({ lookAt: at(60), body: sha256('b'), versions: ['1.0.0'] }));
  const versions = ['1.0.0', '2.0.0'];
  await admission.recordLook(lookOf({ lookAt: at(90), body: sha256('c'), versions, replaced: ['1.0.0'] }));
  const seen = { absentAt: at(60), presentAt: at(90) };
  assert.deepEqual(
    await admission.appearances(upstream, 'left'),
    new Map([
      ['1.0.0', seen],
      ['2.0.0', seen],
    ]),
  );
});

test('a look with the same bytes adds no version', async (context) => {
  const { admission } = await opened(context);
  await admission.recordLook(lookOf({ versions: ['1.0.0'] }));
  await admission.recordLook(lookOf({ lookAt: at(60), versions: ['1.0.0', '2.0.0'] }));
  assert.equal((await admission.appearances(upstream, 'left')).size, 1);
});

test('a clock that was set back makes no version look older than our look at it', async (context) => {
  const { admission } = await opened(context);
  await admission.recordLook(lookOf({ lookAt: at(1000) }));
  await admission.recordLook(lookOf({ lookAt: at(10), body: sha256('b'), versions: ['1.0.0'] }));
  assert.deepEqual((await admission.appearances(upstream, 'left')).get('1.0.0'), {
    absentAt: at(10),
    presentAt: at(10),
  });
});

test('a package of many versions is recorded whole', async (context) => {
  const { admission } = await opened(context);
  const versions = Array.from({ length: 1301 }, (_, index) => `1.0.${index}`);
  await admission.recordLook(lookOf({ versions }));
  assert.deepEqual([...(await admission.appearances(upstream, 'left')).keys()].sort(), [...versions].sort());
});

test('text the database would alter silently is refused', async (context) => {
  const { admission } = await opened(context);
  for (const name of ['a\0b', 'a\ud800b']) {
    await assert.rejects(admission.recordLook(lookOf({ name })), { code: 'STORAGE_FAILED' });
  }
});

test('names are bound, never spliced into SQL', async (context) => {
  const { admission } = await opened(context);
  const name = `x'; DROP TABLE indexes; --"`;
  await admission.recordLook(lookOf({ name, versions: [`1'); --`] }));
  assert.equal((await admission.indexRecord(upstream, name))?.name, name);
  assert.ok((await admission.appearances(upstream, name)).has(`1'); --`));
});

test('the same alarm is counted, another one stands apart', async (context) => {
  const { admission, read } = await opened(context);
  const alarm = {
    kind: 'bytes-changed',
    severity: 'critical',
    about: formatPurl('npm', 'a', '1.0.0'),
    message: 'other bytes \0 \ud800',
    data: { b: 1, a: 2 },
    at: at(5),
  } as const;
  await admission.raiseAlarm(alarm);
  await admission.raiseAlarm({ ...alarm, data: { a: 2, b: 1 }, at: at(9) });
  await admission.raiseAlarm({ ...alarm, at: at(7) });
  await admission.raiseAlarm({ ...alarm, kind: 'version-vanished', at: at(6) });
  const [first, second, ...rest] = await read.alarms({ limit: 10 });
  assert.deepEqual(
    { ...first, id: '' },
    {
      id: '',
      kind: 'bytes-changed',
      severity: 'critical',
      about: alarm.about,
      message: 'other bytes  \ufffd',
      data: alarm.data,
      firstAt: at(5),
      lastAt: at(9),
      count: 3,
    },
  );
  assert.deepEqual([second?.kind, second?.count, rest], ['version-vanished', 1, []]);
});
