import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startAdmission, testUpstream, type AdmissionBench } from '../../test/support/admission-bench.ts';
import { scanFinding, scanReport } from '../../test/support/scan-report.ts';
import { sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { inputKinds, inputPolicy, judgeInput } from '../policy/build-inputs.ts';
import { createInputAssay, type AssayedInput, type AssayInput } from './build-inputs.ts';

async function opened(t: TestContext): Promise<{ bench: AdmissionBench; assay: AssayInput }> {
  const bench = await startAdmission(t);
  const { pack } = inputPolicy({ preset: 'recommended', rules: {}, cooldownHours: 72, deny: [], allow: [] });
  const assay = createInputAssay({
    rooms: bench.rooms,
    kinds: inputKinds,
    policy: pack.digest,
    judge: (facts, now) => judgeInput(facts, pack, now),
    advertised: bench.storage.history.advertised,
  });
  return { bench, assay };
}

const asked = (name: string, version = '1.0.0') => ({ upstream: testUpstream, name, version });

function given(input: AssayedInput): Extract<AssayedInput, { state: 'given' }> {
  assert.ok(input.state === 'given', JSON.stringify(input));
  return input;
}

test('an input is given with its bytes and a decision that is kept, and nothing is recorded of it as a release', async (t) => {
  const { bench, assay } = await opened(t);
  // Held for its age and deprecated: neither concerns a build.
  const young = new Date(bench.rooms.clock().getTime() - 1000).toISOString();
  const { bytes } = bench.registry.publish({ name: 'tool', version: '1.0.0', publishedAt: young });
  bench.registry.deprecate('tool', '1.0.0', 'use another');
  const input = given(await assay(asked('tool')));
  assert.equal(input.artifact.sha256, sha256(bytes));
  const text = Buffer.from(await bench.storage.blobs.read(input.decision, 1 << 20)).toString('utf8');
  assert.equal(sha256(text), input.decision);
  const decision = JSON.parse(text) as { about: { purl: string; artifact: string }; checks: object };
  assert.deepEqual(decision.about.purl, 'pkg:npm/tool@1.0.0');
  assert.equal(decision.about.artifact, sha256(bytes));
  assert.ok(Object.keys(decision.checks).includes('malware'));
  assert.deepEqual(await bench.rooms.store.releasesOf(testUpstream, 'tool'), []);
  assert.deepEqual(await bench.storage.read.outboxAfter(0, 10), []);
});

test('recipes and builds ask for the same input, at once or later: it is fetched and scanned once, and decided the same', async (t) => {
  const { bench, assay } = await opened(t);
  let scans = 0;
  bench.setScan(() => {
    scans += 1;
    return Promise.resolve(scanReport({}));
  });
  bench.registry.publish({ name: 'tool', version: '1.0.0' });
  const [first, second] = await Promise.all([assay(asked('tool')), assay(asked('tool'))]);
  assert.deepEqual(given(second), given(first));
  assert.deepEqual(given(await assay(asked('tool'))), first);
  assert.equal(scans, 1);
  assert.equal(bench.registry.countOf('/tool/-/tool-1.0.0.tgz'), 1);
});

test('a young one that looks like malware is refused with the package’s own words, and an old one is given and told', async (t) => {
  const { bench, assay } = await opened(t);
  const found = scanFinding({ message: 'It sends your keys away.' });
  bench.setScan(() =>
    Promise.resolve(scanReport({ findings: [found], score: { value: 9, because: ['keys'] } })),
  );
  bench.registry.publish({ name: 'old', version: '1.0.0', publishedAt: '2020-01-01T00:00:00.000Z' });
  const young = new Date(bench.rooms.clock().getTime() - 1000).toISOString();
  bench.registry.publish({ name: 'thief', version: '1.0.0', publishedAt: young });
  const refused = await assay(asked('thief'));
  assert.ok(refused.state === 'refused');
  assert.match(refused.why, /sends your keys away.*\[npm\/malware\]/);
  assert.equal(given(await assay(asked('old'))).suspected, true);
});

test('other bytes than the index names are refused, and alarm', async (t) => {
  const { bench, assay } = await opened(t);
  bench.registry.publish({ name: 'tool', version: '1.0.0' });
  bench.registry.lie({ path: '/tool/-/tool-1.0.0.tgz' }, { kind: 'flip-bit', atByte: 40 });
  assert.equal((await assay(asked('tool'))).state, 'refused');
  assert.deepEqual(
    (await bench.storage.read.alarms({ limit: 10 })).map(({ kind }) => kind),
    ['upstream-lied'],
  );
});

test('one that could not be scanned does not go in, and is looked at again when it is asked for again', async (t) => {
  const { bench, assay } = await opened(t);
  bench.registry.publish({ name: 'tool', version: '1.0.0' });
  bench.setScan(() => Promise.reject(new AssayError('SCAN_FAILED', 'it ended by SIGSEGV')));
  assert.equal((await assay(asked('tool'))).state, 'unchecked');
  bench.setScan(() => Promise.resolve(scanReport()));
  assert.equal((await assay(asked('tool'))).state, 'given');
});

test('what upstream does not have, or lists no more, is refused', async (t) => {
  const { bench, assay } = await opened(t);
  bench.registry.publish({ name: 'tool', version: '1.0.0' });
  assert.equal((await assay(asked('tool', '2.0.0'))).state, 'refused');
  assert.equal((await assay(asked('nothing'))).state, 'refused');
});
