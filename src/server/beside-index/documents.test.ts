import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BlobStore, UpstreamClient } from '../../admission/deps.ts';
import { artifactDigestsOf } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { UpstreamSettings } from '../config/settings.ts';
import { createRegistryDocument } from './documents.ts';

const [open, closed] = ['open', 'closed'].map((id) => id as UpstreamId);
const path = '-/npm/v1/keys';

/** Two upstreams at one address; `answer` is asked for each fetch. Undefined: 404. */
function start(answer: (upstream: UpstreamId) => string | undefined) {
  const state = { nowMs: 1_000_000_000, fetches: 0, maxBytes: new Set<number | undefined>() };
  const stored = new Map<string, Uint8Array>();
  const settings = { url: 'https://registry.example.com/npm/', scopes: [] };
  const upstreams = [open, closed].map((id) => ({ ...settings, id })) as unknown as UpstreamSettings[];
  const fetchFile: UpstreamClient['fetchFile'] = async (upstream, url, _claims, maxBytes) => {
    state.fetches += 1;
    state.maxBytes.add(maxBytes);
    await Promise.resolve();
    const text = answer(upstream);
    if (text === undefined) throw new AssayError('UPSTREAM_FILE_ABSENT', url);
    const artifact = artifactDigestsOf(Buffer.from(text));
    stored.set(artifact.sha256, Buffer.from(text));
    const origin = { upstream, identityHost: 'registry.example.com', urls: [url], fetchedAt: '' };
    return { artifact, origin };
  };
  const client = { fetchFile } as UpstreamClient;
  const blobs = {
    read: (digest: string) => Promise.resolve(stored.get(digest) ?? Buffer.alloc(0)),
  } as unknown as BlobStore;
  const document = createRegistryDocument(upstreams, client, blobs, () => new Date(state.nowMs));
  const ask = async (upstream?: UpstreamId): Promise<string | undefined> => {
    const bytes = await document(path, upstream);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
  };
  return { state, ask };
}

test('all who ask at once are one request, of two megabytes at the most', async () => {
  const { state, ask } = start(() => '{}');
  await Promise.all(Array.from({ length: 1000 }, () => ask(open)));
  assert.equal(state.fetches, 1);
  assert.deepEqual([...state.maxBytes], [2 * 1024 * 1024]);
});

test('what an upstream shows to one credential is not shown to another at the same address', async () => {
  const { ask } = start((upstream) => JSON.stringify({ seenBy: upstream }));
  assert.equal(await ask(closed), '{"seenBy":"closed"}');
  assert.equal(await ask(open), '{"seenBy":"open"}');
});

test('an answer is believed for five minutes, a 404 too, and a failure not at all', async () => {
  let answer: string | undefined = 'no JSON';
  const { state, ask } = start(() => answer);
  await assert.rejects(ask(), { code: 'UPSTREAM_NOT_JSON' });
  answer = undefined;
  assert.equal(await ask(), undefined);
  answer = '{}';
  state.nowMs += 299_999;
  assert.equal(await ask(), undefined);
  state.nowMs += 1;
  assert.equal(await ask(), '{}');
  answer = '{"new":1}';
  state.nowMs -= 1;
  assert.equal(await ask(), '{"new":1}', 'a clock that was set back makes nothing believed for longer');
});
