/** One version watched, with a double in place of the sandbox; and what decisions, and a replay, then know of it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ReleaseSummary } from '../../admission/deps.ts';
import type { BehaviourReport } from '../../core/behaviour.ts';
import type { ReadingOutcome } from '../../core/collector.ts';
import type { ArtifactDigests } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Purl } from '../../core/purl.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { behaviourCollector } from '../../evidence/behaviour/collect.ts';
import type { ObserveOutcome, ObserveRequest } from '../../rebuild/behaviour/deps.ts';
import { openStorage, type Storage } from '../../storage/open.ts';
import { sampleInput } from '../../../test/support/collector-input.ts';
import { replayBehaviour } from '../replay/behaviour-check.ts';
import { keepBytes } from '../rebuilding/record-outcome.ts';
import { createKnownBehaviour, type KnownBehaviour } from './known.ts';
import { watchOne, type WatchEnd, type WatchOneDeps } from './watch-one.ts';

const observer = 'watcher 1';
const purl = 'pkg:npm/a@1.1.0' as Purl;
const before = 'pkg:npm/a@1.0.0' as Purl;

function report(change: Partial<BehaviourReport> = {}): BehaviourReport {
  return {
    schema: 1,
    observer,
    isolation: 'full',
    scripts: ['postinstall'],
    ended: 'exit',
    events: 3,
    whole: true,
    actions: ['exec:node'],
    findings: [],
    ...change,
  };
}

const seen = (change: Partial<BehaviourReport> = {}): ObserveOutcome => ({
  state: 'observed',
  report: report(change),
  events: '{"at":1}\n',
  wallMs: 1,
  output: 'thanks\n',
});

function readingOf(manifest: JsonObject): ReadingOutcome {
  const text = JSON.stringify(manifest);
  const members = ['package.json', 'binding.gyp'].map((path) => ({ path: `package/${path}`, type: 'file' }));
  const inside = { path: 'package/node_modules/c/package.json', text: '{"scripts":{"install":"node c.js"}}' };
  const nested = { whole: true, manifests: [inside] };
  return {
    state: 'read',
    reading: { verdict: 'agreed', manifestText: text, members, nested },
  } as unknown as ReadingOutcome;
}

interface World {
  readonly storage: Storage;
  readonly known: KnownBehaviour;
  readonly requests: ObserveRequest[];
  readonly watch: (outcome: ObserveOutcome, change?: Partial<WatchOneDeps>, of?: Purl) => Promise<WatchEnd>;
  readonly bytes: (of?: Purl) => Promise<ArtifactDigests>;
}

async function world(t: TestContext): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-watch-one-'));
  const storage = await openStorage({ directory });
  t.after(async () => {
    await storage.close();
    await rm(directory, { recursive: true, force: true });
  });
  const { blobs, behaviours } = storage;
  const requests: ObserveRequest[] = [];
  const bytes: World['bytes'] = async (of = purl) => {
    const writer = await blobs.create();
    await writer.write(Buffer.from(of));
    return writer.commit();
  };
  return {
    storage,
    known: createKnownBehaviour({ behaviours, blobs, observer }, undefined),
    requests,
    bytes,
    watch: (outcome, change = {}, of = purl) =>
      watchOne(
        {
          behaviours,
          blobs,
          artifactOf: async () => undefined,
          locate: (one) => bytes(one),
          readArchive: async () =>
            readingOf({
              name: 'a',
              scripts: { postinstall: 'node x.js', bad: 1 },
              dependencies: { b: '^1.0.0' },
            }),
          upstreamOf: () => 'npm' as UpstreamId,
          store: { releasesOf: async () => [] },
          open: async () => ({ observe: {}, toolchain: {} }) as Awaited<ReturnType<WatchOneDeps['open']>>,
          observeInstall: async (_deps, request) => {
            requests.push(request);
            return outcome;
          },
          registryHosts: ['registry.example.com'],
          observer,
          clock: () => new Date(),
          ...change,
        },
        { purl: of, artifact: undefined },
        { signal: new AbortController().signal, onLine: () => undefined },
      ),
  };
}

test('what was seen is kept and known; what was not beside it is told', async (t) => {
  const { watch, known, bytes, requests, storage } = await world(t);
  const { sha256: artifact } = await bytes();
  assert.deepEqual(await known.of({ artifact, predecessor: undefined }), {
    state: 'not-observed',
    why: 'they wait to be run and watched',
    awaited: true,
  });
  assert.deepEqual(await watch(seen()), { state: 'recorded', artifact });
  const [request] = requests;
  assert.deepEqual([request?.scripts, request?.hasBindingGyp], [{ postinstall: 'node x.js' }, true]);
  assert.deepEqual(request?.bundled, [
    { folder: 'node_modules/c', scripts: { install: 'node c.js' }, hasBindingGyp: false },
  ]);
  const outcome = await known.of({ artifact, predecessor: undefined });
  assert.ok(outcome.state === 'observed');
  assert.deepEqual([outcome.report, outcome.missing], [report(), ['b@^1.0.0']]);
  assert.equal((await storage.behaviours.ofVersion(purl)).length, 1);
});

test('the version before is compared with, by its bytes or by its name, and a replay says the same', async (t) => {
  const { watch, known, bytes, storage } = await world(t);
  await watch(seen(), {}, before);
  await watch(seen({ actions: ['connect:example.com', 'exec:node'] }));
  const [{ sha256: artifact }, { sha256: earlier }] = [await bytes(), await bytes(before)];
  for (const digest of [earlier, undefined]) {
    const predecessor = { version: '1.0.0', purl: before, artifact: digest };
    const behaviour = await known.of({ artifact, predecessor });
    assert.equal(behaviour.state === 'observed' && behaviour.previous?.version, '1.0.0');
    const input = sampleInput({
      behaviour,
      predecessor: { version: '1.0.0', how: 'last-admitted', installScripts: {} },
    });
    const recorded = await behaviourCollector.collect(input);
    assert.equal(recorded.facts['comparedWith'], '1.0.0');
    assert.deepEqual(await replayBehaviour({ storage }, behaviourCollector, input.subject, recorded), []);
    // Watched once more, with another outcome: what was decided then was decided on what was seen then.
    await watch(seen({ actions: [] }));
    assert.deepEqual(await replayBehaviour({ storage }, behaviourCollector, input.subject, recorded), []);
    const other = { ...recorded, result: 'pass', facts: { ...recorded.facts, gained: 7 } } as const;
    assert.notDeepEqual(await replayBehaviour({ storage }, behaviourCollector, input.subject, other), []);
    await watch(seen({ actions: ['connect:example.com', 'exec:node'] }));
  }
});

test('a run that failed is no finding until it failed three times, and then it is an error and not "nothing"', async (t) => {
  const { watch, known, bytes } = await world(t);
  const { sha256: artifact } = await bytes();
  const states: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const end = await watch({ state: 'failed', code: 'SANDBOX_FAILED', message: 'it died' });
    assert.equal(end.state, 'failed');
    states.push((await known.of({ artifact, predecessor: undefined })).state);
  }
  assert.deepEqual(states, ['not-observed', 'not-observed', 'failed']);
  await watch(seen());
  assert.equal((await known.of({ artifact, predecessor: undefined })).state, 'observed');
});

test('a machine that cannot, an upstream that is down and a gate that stops are no fault of the package', async (t) => {
  const { watch, storage } = await world(t);
  const throwing = (code: 'BASE_UNAVAILABLE' | 'UPSTREAM_UNREACHABLE'): Partial<WatchOneDeps> => ({
    open: () => Promise.reject(new AssayError(code, 'not here')),
  });
  const ends = [
    await watch({ state: 'not-observed', why: 'this machine has no sandbox' }),
    await watch({ state: 'failed', code: 'BEHAVIOUR_CANCELLED', message: 'it was cancelled' }),
    await watch(seen(), throwing('BASE_UNAVAILABLE')),
    await watch(seen(), throwing('UPSTREAM_UNREACHABLE')),
  ];
  assert.deepEqual(
    ends.map(({ state }) => state),
    ['away', 'away', 'away', 'away'],
  );
  assert.deepEqual(await storage.behaviours.ofVersion(purl), []);
});

test('where there is nothing of its own to run, nobody waits for it any more', async (t) => {
  const { watch, known, bytes } = await world(t);
  const { sha256: artifact } = await bytes();
  assert.equal((await watch({ state: 'no-script' })).state, 'nothing');
  const outcome = await known.of({ artifact, predecessor: undefined });
  assert.ok(outcome.state === 'not-observed');
  assert.equal(outcome.awaited, undefined);
});

test('a report that is damaged is none, and the one of an older observer counts until there is a newer one', async (t) => {
  const { known, bytes, storage, watch } = await world(t);
  const { sha256: artifact } = await bytes();
  const at = '2026-01-01T00:00:00.000Z';
  const broken = await keepBytes(storage.blobs, Buffer.from('[]'));
  await storage.behaviours.recordReport({ purl, artifact, observer }, broken, at);
  const about = { artifact, predecessor: undefined };
  assert.equal((await known.of(about)).state, 'not-observed');
  await watch(seen({ observer: 'watcher 0', events: 1 }));
  const old = await known.of(about);
  assert.equal(old.state === 'observed' && old.report.events, 1);
  await watch(seen({ events: 2 }));
  const now = await known.of(about);
  assert.equal(now.state === 'observed' && now.report.events, 2);
});

test('where one version went without what the other had beside it, the two are not compared (esbuild)', async (t) => {
  const { watch, known, bytes, storage } = await world(t);
  const wants: Partial<WatchOneDeps> = {
    readArchive: async () => readingOf({ name: 'a', optionalDependencies: { '@a/linux': '1.0.0' } }),
  };
  const program = await bytes('pkg:npm/%40a/linux@1.0.0' as Purl);
  const admitted = { version: '1.0.0', outcome: 'allow', admittedAt: '2026-01-01', digests: program };
  const has: Partial<WatchOneDeps> = {
    ...wants,
    store: { releasesOf: async () => [admitted as unknown as ReleaseSummary] },
  };
  const [{ sha256: artifact }, { sha256: earlier }] = [await bytes(), await bytes(before)];
  const predecessor = { version: '1.0.0', purl: before, artifact: earlier };
  const compared = async (): Promise<boolean> => {
    const outcome = await known.of({ artifact, predecessor });
    return outcome.state === 'observed' && outcome.previous !== undefined;
  };
  await watch(seen({ actions: ['connect:registry'] }), wants, before);
  await watch(seen({ actions: ['exec:a'] }), has);
  assert.equal(await compared(), false);
  await watch(seen({ actions: ['exec:a'] }), has, before);
  assert.equal(await compared(), true);
  await watch(seen({ actions: ['connect:registry'] }), wants);
  assert.equal(await compared(), false);
  assert.deepEqual((await storage.behaviours.ofVersion(before)).length, 1);
});
