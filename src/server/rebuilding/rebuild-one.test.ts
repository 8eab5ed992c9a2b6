import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../core/canonical-json.ts';
import { sha256 } from '../../core/digest.ts';
import { ownObject, type JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import type { BuildWatch } from './deps.ts';
import { openKnownBuilds } from './known.ts';
import { rebuildOne } from './rebuild-one.ts';
import { builderHere, bytesOf, comparedAs, foundSource, notBuilt, rebuildBench } from './testing/bench.ts';

const purl = formatPurl('npm', 'a', '1.0.0');
const watch: BuildWatch = { phase: () => {}, line: () => {}, signal: new AbortController().signal };
const request = { purl, recipe: undefined, principal: localOperator };

async function envelopeIn(bench: Awaited<ReturnType<typeof rebuildBench>>, digest: string | undefined) {
  const bytes = await bench.storage.blobs.read(digest as never, 1 << 20);
  const envelope = JSON.parse(Buffer.from(bytes).toString('utf8')) as { payload: string };
  return Buffer.from(envelope.payload, 'base64');
}

test('an entry names the record and both attestations by the bytes that were signed', async (t) => {
  const bench = await rebuildBench(t, (of) => comparedAs(of, 'equivalent'));
  const { build, record } = await rebuildOne(bench.deps, request, watch);
  const event = await bench.storage.events.byId(build.eventId);
  const predicate = ownObject(event?.statement ?? {}, 'predicate') ?? {};
  const digest = async (of: string | undefined): Promise<JsonObject> => ({
    sha256: sha256(await envelopeIn(bench, of)),
  });
  assert.deepEqual(predicate['comparison'], await digest(build.comparison));
  assert.deepEqual(predicate['provenance'], await digest(build.provenance));
  assert.equal(predicate['builder'], bench.vkey);
  assert.equal(predicate['verdict'], 'equivalent');
  assert.equal(build.artifact, sha256(bytesOf(purl)));
  const kept = await bench.storage.blobs.read(build.record, 1 << 20);
  assert.equal(
    Buffer.from(kept).toString('utf8'),
    canonicalJson(JSON.parse(JSON.stringify(record)) as JsonObject),
  );
});

test('what could not be built is on record too, without provenance', async (t) => {
  const bench = await rebuildBench(t, () => notBuilt('no-source'));
  const { build } = await rebuildOne(bench.deps, request, watch);
  assert.deepEqual([build.verdict, build.provenance], ['not-built', undefined]);
  const event = await bench.storage.events.byId(build.eventId);
  assert.equal(ownObject(event?.statement ?? {}, 'predicate')?.['cause'], 'no-source');
});

test('a match becomes secure when its source is approved, and is known again after a restart', async (t) => {
  const bench = await rebuildBench(t, (of) => comparedAs(of, 'identical'));
  await rebuildOne(bench.deps, request, watch);
  const artifact = sha256(bytesOf(purl));
  assert.equal(bench.known.finding(purl, artifact)?.class.class, 'community');
  const again = await openKnownBuilds(bench.storage.builds, builderHere);
  for (const known of [bench.known, again]) {
    known.approve('npm', 'a', [foundSource.identity]);
    assert.equal(known.finding(purl, artifact)?.class.class, 'secure');
    assert.equal(known.finding(purl, sha256('other bytes'))?.class.class, 'community');
    known.approve('npm', 'a', [{ ...foundSource.identity, ownerId: '3' }]);
    assert.equal(known.finding(purl, artifact)?.class.class, 'community');
  }
});

test('a later failure hides nothing that was found: neither what is suspicious, nor what matched', async (t) => {
  for (const verdict of ['suspicious', 'identical'] as const) {
    let fails = false;
    const bench = await rebuildBench(t, (of) => (fails ? notBuilt('fetch-failed') : comparedAs(of, verdict)));
    await rebuildOne(bench.deps, request, watch);
    fails = true;
    for (let n = 0; n < 6; n += 1) await rebuildOne(bench.deps, request, watch);
    const again = await openKnownBuilds(bench.storage.builds, builderHere);
    for (const known of [bench.known, again]) {
      const outcome = known.finding(purl, sha256(bytesOf(purl)))?.record.outcome;
      assert.equal(outcome?.state === 'compared' && outcome.comparison.verdict, verdict);
    }
  }
});

test('a build from clean that matches says that the one before was led astray; one that nobody doubted says nothing', async (t) => {
  const bench = await rebuildBench(t, (of) => comparedAs(of, 'identical'));
  await rebuildOne(bench.deps, request, watch);
  assert.equal(bench.alarms.length, 0);
  await rebuildOne(bench.deps, { ...request, clean: true }, watch);
  assert.deepEqual(
    bench.alarms.map(({ kind, severity }) => [kind, severity]),
    [['rebuild-regression', 'warning']],
  );
  assert.match(bench.alarms[0]?.message ?? '', /once more from clean, \S+ is what upstream published/);
});

test('an ecosystem that nobody builds is refused by name', async (t) => {
  const bench = await rebuildBench(t, () => notBuilt('no-source'));
  await assert.rejects(
    rebuildOne(bench.deps, { ...request, purl: formatPurl('cargo', 'x', '1.0.0') }, watch),
    {
      code: 'REBUILD_UNSUPPORTED',
    },
  );
});
