import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { createAttestations } from './attestations.ts';
import type { RegistryDocument } from './documents.ts';

const upstream = 'npm' as UpstreamId;
const asked = (document: RegistryDocument) => createAttestations(document)(upstream, '@scope/name', '1.0.0');
const bytesOf = (text: string): Promise<Uint8Array> => Promise.resolve(Buffer.from(text));

test("attestations are asked below the upstream's base, in npm's form of a name, and keep their digest", async () => {
  const paths: string[] = [];
  const answer = await asked((path, id) => {
    paths.push(`${id} ${path}`);
    return bytesOf('{"attestations":[]}');
  });
  assert.deepEqual(paths, ['npm -/npm/v1/attestations/@scope%2fname@1.0.0']);
  const digest = sha256('{"attestations":[]}');
  assert.deepEqual(answer, { state: 'answered', document: { attestations: [] }, digest });
});

test('404 is missing; an outage and nonsense are failed, each with its code', async () => {
  assert.deepEqual(await asked(() => Promise.resolve(undefined)), { state: 'missing' });
  const down = await asked(() => Promise.reject(new AssayError('UPSTREAM_UNREACHABLE', 'no route')));
  assert.equal(down.state === 'failed' && down.code, 'UPSTREAM_UNREACHABLE');
  for (const text of ['[]', '"x"', 'null', '{'])
    assert.equal((await asked(() => bytesOf(text))).state, 'failed', text);
});

test('a failing disk is no finding about the release', async () => {
  await assert.rejects(
    asked(() => Promise.reject(new AssayError('STORAGE_FAILED', 'full'))),
    { code: 'STORAGE_FAILED' },
  );
});
