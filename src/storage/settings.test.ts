import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../test/support/storage-records.ts';
import { closeDatabase, openDatabase, openStorage } from './open.ts';
import { createSettingsStore } from './settings.ts';

test('epochs start at one, rise one by one, and outlive a restart', async (context) => {
  const directory = await temporaryDirectory(context);
  const first = await openStorage({ directory });
  assert.deepEqual(await first.settings.epochs(), { policy: 1, feeds: 1, exceptions: 1, revocations: 1 });
  await Promise.all([first.settings.bumpEpoch('policy'), first.settings.bumpEpoch('policy')]);
  const after = await first.settings.bumpEpoch('revocations');
  assert.deepEqual(after, { policy: 3, feeds: 1, exceptions: 1, revocations: 2 });
  await first.close();
  const second = await openStorage({ directory });
  assert.deepEqual(await second.settings.epochs(), after);
  await second.close();
});

test('an epoch rises exactly when the value it follows changes', async (context) => {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  const seen: number[] = [];
  for (const digest of ['a', 'a', 'b', 'b', 'a']) {
    seen.push((await storage.settings.bumpEpochOnChange('policy', 'policy.digest', digest)).policy);
  }
  assert.deepEqual(seen, [2, 2, 3, 3, 4]);
  assert.equal(await storage.settings.setting('policy.digest'), 'a');
});

test('an epoch that is not on record is zero: no decision carries it, so every one is asked again', async (context) => {
  const database = await openDatabase(join(await temporaryDirectory(context), 'assay.db'));
  context.after(() => closeDatabase(database));
  database.sqlite.exec(`DELETE FROM epochs WHERE name = 'feeds'`);
  const { epochs } = createSettingsStore(database.db, database.queue);
  assert.deepEqual(await epochs(), { policy: 1, feeds: 0, exceptions: 1, revocations: 1 });
});

test('a setting holds its last value', async (context) => {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  assert.equal(await storage.settings.setting('__proto__'), undefined);
  await storage.settings.setSetting('__proto__', 'one');
  await storage.settings.setSetting('__proto__', 'two');
  assert.equal(await storage.settings.setting('__proto__'), 'two');
});
