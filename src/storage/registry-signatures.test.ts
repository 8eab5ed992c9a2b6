import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  at,
  recordOf,
  temporaryDirectory,
  upstream,
  type RecordSketch,
} from '../../test/support/storage-records.ts';
import { openStorage } from './open.ts';

test('a release is to be signed while an allow of its bytes is in force, and shown as signed only then', async (context) => {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  const { admission, registrySignatures: signatures } = storage;
  const decide = async (sketch: RecordSketch): Promise<void> =>
    admission.recordDecision(recordOf({ name: 'lib', ...sketch }));
  const namesLeft = async (keyid: string | undefined): Promise<readonly string[]> =>
    (await signatures.unsigned(keyid, 0, 10)).map((one) => `${one.name}@${one.version}`);
  await decide({ version: '1.0.0', outcome: 'allow' });
  await decide({ version: '2.0.0', outcome: 'hold', caseSeed: 'a' });
  await decide({ version: '3.0.0', outcome: 'block', noBytes: true, caseSeed: 'b' });
  assert.deepEqual(await namesLeft(undefined), ['lib@1.0.0']);
  const [one] = await signatures.unsigned(undefined, 0, 10);
  assert.ok(one !== undefined);
  assert.deepEqual(await signatures.unsigned(undefined, one.seq, 10), []);
  const signed = { id: one.id, artifact: one.artifact, keyid: 'old', sig: 'sig', at: at(1) };
  await signatures.record([signed]);
  assert.deepEqual(await namesLeft('old'), []);
  assert.deepEqual(await namesLeft('new'), ['lib@1.0.0'], 'after a change of key it is signed anew');
  await signatures.record([{ ...signed, keyid: 'new' }]);
  const [shown, ...others] = await signatures.of(upstream, 'lib');
  assert.deepEqual([shown?.version, shown?.keyid, shown?.sha512], ['1.0.0', 'new', one.sha512]);
  assert.deepEqual(others, []);
  assert.deepEqual(await signatures.of(upstream, 'other'), []);
  await decide({ version: '1.0.0', outcome: 'block', seconds: 5, caseSeed: 'c' });
  assert.deepEqual(await signatures.of(upstream, 'lib'), [], 'a refusal takes the signature away');
  assert.deepEqual(await namesLeft('new'), []);
  await decide({ version: '1.0.0', outcome: 'allow', seconds: 9 });
  assert.equal((await signatures.of(upstream, 'lib')).length, 1);
  await signatures.record([{ ...signed, keyid: 'new', sig: '' }]);
  assert.deepEqual(await signatures.of(upstream, 'lib'), [], 'refused by the signer');
  assert.deepEqual(await namesLeft('new'), []);
});
