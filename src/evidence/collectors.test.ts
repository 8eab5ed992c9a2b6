import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  collectorSettings,
  readingOf,
  sampleBytes,
  sampleInput,
  sampleNow,
  sampleVersion,
  sampleView,
} from '../../test/support/collector-input.ts';
import type { ArchiveReading } from '../core/archive-reading.ts';
import type { CollectorInput, Observation, Predecessor } from '../core/collector.ts';
import { artifactDigestsOf, type ClaimedDigest } from '../core/digest.ts';
import { evidenceDigest, type Evidence } from '../core/evidence.ts';
import type { IndexVersion } from '../core/index-view.ts';
import { ageCollector } from './age/collect.ts';
import { archiveCollector } from './archive/collect.ts';
import { lookupOf, osvJson } from '../../test/support/osv.ts';
import { scanReport } from '../../test/support/scan-report.ts';
import { createCollectors } from './collectors.ts';
import { verifyBundle } from '../sigstore/verify.ts';
import { deprecationCollector } from './deprecation/collect.ts';
import { integrityCollector } from './integrity/collect.ts';
import { originCollector } from './origin/collect.ts';
import { recordedScripts } from './scripts/recorded.ts';
import { scriptsCollector } from './scripts/collect.ts';

const collectors = createCollectors({
  verifyBundle: (request) => Promise.resolve(verifyBundle(request)),
  ...collectorSettings,
});
const digests = artifactDigestsOf(sampleBytes);
const noPast: CollectorInput['history'] = {
  verified: [],
  advertised: { attestedAt: undefined, signedAt: undefined },
  expectations: [],
  ofSamePublisher: [],
  predecessorManifest: undefined,
  newDependencies: [],
};

test('every collector passes an ordinary unsigned package, under its own kind, with a record that can be hashed', async () => {
  const kinds = new Set(collectors.map((collector) => collector.kind));
  assert.deepEqual([...kinds].sort(), [
    'age',
    'archive',
    'behaviour',
    'capabilities',
    'commits',
    'deprecation',
    'expectations',
    'integrity',
    'licences',
    'malware',
    'manifest',
    'origin',
    'provenance',
    'rebuild',
    'scripts',
    'secrets',
    'signatures',
    'vulnerabilities',
  ]);
  const nothingToVerify = new Set([
    'capabilities',
    'expectations',
    'licences',
    'provenance',
    'rebuild',
    'signatures',
  ]);
  const scan = { state: 'scanned', report: scanReport() } as const;
  const advisories = lookupOf([osvJson('A-0', 'somebody-else')]);
  const earlier: Evidence[] = [];
  for (const collector of collectors) {
    const evidence = await collector.collect(
      sampleInput({ history: noPast, earlier, scan, advisories, behaviour: { state: 'no-script' } }),
    );
    earlier.push(evidence);
    // Nobody built it here.
    const gap = collector.kind === 'commits' ? 'not-checked' : 'pass';
    const expected = nothingToVerify.has(collector.kind) ? 'not-available' : gap;
    assert.equal(evidence.result, expected, collector.kind);
    assert.equal(evidence.kind, collector.kind);
    assert.equal(evidence.scope, collector.scope);
    assert.equal(evidence.collectedAt, sampleNow);
    assert.match(evidenceDigest(evidence), /^[0-9a-f]{64}$/);
  }
});

// ---- integrity ----

async function integrity(claimed: readonly ClaimedDigest[]) {
  return integrityCollector.collect(sampleInput({ version: sampleVersion({ claimed }) }));
}
const wrong = (algorithm: ClaimedDigest['algorithm'], length: number): ClaimedDigest => ({
  algorithm,
  hex: '0'.repeat(length),
});
const right512: ClaimedDigest = { algorithm: 'sha512', hex: digests.sha512 };
const right1: ClaimedDigest = { algorithm: 'sha1', hex: digests.sha1 };

test('integrity: one wrong digest fails, even beside a right and stronger one', async () => {
  for (const claims of [
    [wrong('sha512', 128)],
    [right512, wrong('sha1', 40)],
    [right1, wrong('sha256', 64)],
    [right512, wrong('sha512', 128)],
  ]) {
    assert.equal((await integrity(claims)).result, 'fail');
  }
});

test('integrity: SHA-1 alone, matching, is a warning; SHA-256 or better passes', async () => {
  assert.equal((await integrity([right1])).result, 'warn');
  assert.equal((await integrity([right1, wrong('md5', 32)])).result, 'warn');
  assert.equal((await integrity([{ algorithm: 'sha256', hex: digests.sha256 }])).result, 'pass');
  assert.equal((await integrity([right512])).facts['strongest'], 'sha512');
});

test('integrity: no claim is not available, only algorithms we do not compute is not checked', async () => {
  assert.equal((await integrity([])).result, 'not-available');
  assert.equal((await integrity([wrong('sha384', 96)])).result, 'not-checked');
  assert.equal((await integrity([wrong('md5', 32)])).result, 'not-checked');
});

// ---- archive ----

test('archive: refused, disagreed and unread never pass, and say why', async () => {
  const reading = readingOf('{}');
  const finding = { id: 'archive/link', message: 'A link.' };
  const refused = await archiveCollector.collect(
    sampleInput({
      archive: { state: 'read', reading: { ...reading, verdict: 'refused', findings: [finding] } },
    }),
  );
  assert.equal(refused.result, 'fail');
  assert.deepEqual(refused.items, [finding]);
  const disagreed = await archiveCollector.collect(
    sampleInput({ archive: { state: 'read', reading: { ...reading, verdict: 'disagreed' } } }),
  );
  assert.equal(disagreed.result, 'fail');
  const contradicting = await archiveCollector.collect(
    sampleInput({ archive: { state: 'read', reading: { ...reading, findings: [finding] } } }),
  );
  assert.equal(contradicting.result, 'fail');
  const failed = await archiveCollector.collect(
    sampleInput({ archive: { state: 'failed', code: 'ARCHIVE_READER_FAILED', message: 'killed' } }),
  );
  assert.equal(failed.result, 'error');
});

// ---- age ----

async function age(claimedTime: string | undefined, absentAt?: string) {
  const observation: Observation = {
    firstLookAt: '2026-10-01T00:00:00.000Z',
    absentAt,
    presentAt: sampleNow,
  };
  return ageCollector.collect(sampleInput({ version: sampleVersion({ claimedTime }), observation }));
}

test('age: a version absent when we last looked is not older than that look', async () => {
  const lied = await age('2020-01-01T00:00:00.000Z', '2026-11-19T00:00:00.000Z');
  assert.equal(lied.facts['publishedAt'], '2026-11-19T00:00:00.000Z');
  assert.equal(lied.facts['claimedTime'], '2020-01-01T00:00:00.000Z');
  const honest = await age('2026-11-19T10:00:00.000Z', '2026-11-19T00:00:00.000Z');
  assert.equal(honest.facts['publishedAt'], '2026-11-19T10:00:00.000Z');
});

test('age: a missing, unreadable or future time is not available, never a pass; small clock differences are', async () => {
  for (const time of [undefined, '', 'yesterday', '2026-11-20T12:10:00.001Z', '9999-01-01T00:00:00Z']) {
    const evidence = await age(time);
    assert.equal(evidence.result, 'not-available', String(time));
    assert.equal(evidence.facts['publishedAt'], null);
  }
  assert.equal((await age('2026-11-20T12:05:00.000Z')).result, 'pass');
  assert.equal((await age('2020-01-01T00:00:00.000Z', 'never')).result, 'not-available');
});

// ---- deprecation, origin ----

test("deprecation: upstream's word is a warning, also an empty one", async () => {
  for (const deprecated of ['use y', '', '\ud800\u001b[2J'.repeat(500)]) {
    const evidence = await deprecationCollector.collect(
      sampleInput({ version: sampleVersion({ deprecated }) }),
    );
    assert.equal(evidence.result, 'warn');
    assert.match(evidenceDigest(evidence), /^[0-9a-f]{64}$/);
  }
});

test('age and deprecation: a package that nobody publishes any more, and one at its end, are facts and no verdict', async () => {
  const facts = async (
    change: Partial<IndexVersion>,
    others: readonly IndexVersion[] = [],
  ): Promise<Readonly<Record<string, unknown>>> => {
    const version = sampleVersion(change);
    const index = { ...sampleView(version), versions: [version, ...others] };
    const age = await ageCollector.collect(sampleInput({ version, index }));
    const deprecation = await deprecationCollector.collect(sampleInput({ version, index }));
    assert.notEqual(age.result, 'fail');
    const ids = [...age.items, ...deprecation.items].map(({ id }) => id).join(' ');
    return { ...age.facts, ...deprecation.facts, ids };
  };
  const old = await facts({ claimedTime: '2020-11-20T12:00:00.000Z' });
  assert.deepEqual([old['lastPublishedDaysAgo'], old['abandoned'], old['endOfLife']], [2191, true, false]);
  assert.equal(old['ids'], 'age/abandoned');
  const alive = await facts({ claimedTime: '2020-11-20T12:00:00.000Z' }, [
    sampleVersion({ version: '2.0.0' }),
  ]);
  assert.equal(alive['abandoned'], false);
  const gone = await facts({ deprecated: 'gone' });
  assert.deepEqual([gone['endOfLife'], gone['ids']], [true, 'deprecation/message deprecation/end-of-life']);
  const next = sampleVersion({ version: '2.0.0', deprecated: 'gone' });
  assert.equal((await facts({}, [next]))['endOfLife'], false);
});

test('origin: the chain of addresses is kept, without secrets', async () => {
  const urls = ['https://user:pass@registry.example.com/x', 'https://files.example.com/x?token=abc'];
  const evidence = await originCollector.collect(
    sampleInput({
      origin: { upstream: 'npm', identityHost: 'registry.example.com', urls, fetchedAt: sampleNow },
    }),
  );
  assert.equal(evidence.facts['redirects'], 1);
  assert.doesNotMatch(JSON.stringify(evidence), /pass@|abc/);
});

// ---- scripts ----

const before = (
  installScripts: Record<string, string>,
  how: Predecessor['how'] = 'last-admitted',
): Predecessor => ({ version: '1.2.2', how, installScripts });

async function scripts(
  manifest: object,
  predecessor: Predecessor | undefined,
  files: readonly string[] = [],
) {
  const input: Partial<CollectorInput> = {
    archive: { state: 'read', reading: readingOf(JSON.stringify(manifest), files) },
    predecessor,
  };
  return scriptsCollector.collect(sampleInput(input));
}

test('scripts: a package without install-time code passes, whatever came before; prepare and test do not run at install', async () => {
  const manifest = { scripts: { test: 'x', prepare: 'y', preinstall: ' ', install: 1 } };
  for (const predecessor of [undefined, before({}), before({ install: 'x' })]) {
    assert.equal((await scripts(manifest, predecessor)).result, 'pass');
  }
});

test('scripts: one that appeared fails, a changed one warns, the same one passes, first sight is not available', async () => {
  const manifest = { scripts: { postinstall: 'node install.js' } };
  assert.equal((await scripts(manifest, before({}))).result, 'fail');
  assert.equal((await scripts(manifest, before({ install: 'node install.js' }))).result, 'fail');
  assert.equal((await scripts(manifest, before({ postinstall: 'node old.js' }))).result, 'warn');
  assert.equal(
    (await scripts(manifest, before({ postinstall: './node_modules/.bin/node install.js' }))).result,
    'pass',
  );
  assert.equal((await scripts(manifest, before({ postinstall: 'node install.js' }))).result, 'pass');
  assert.equal((await scripts(manifest, undefined)).result, 'not-available');
});

test('scripts: a predecessor without own entries inherits none', async () => {
  const manifest = { scripts: { install: 'x' } };
  const inherited = Object.create({ install: 'x' }) as Record<string, string>;
  assert.equal((await scripts(manifest, before(inherited))).result, 'fail');
});

test('scripts: a top-level binding.gyp builds at install unless a script replaces it; gypfile: false stops npm, not Yarn 1', async () => {
  const built = await scripts({}, undefined, ['binding.gyp']);
  assert.equal(built.result, 'not-available');
  assert.equal(built.facts['implied'], true);
  assert.equal((await scripts({ gypfile: false }, undefined, ['binding.gyp'])).facts['implied'], true);
  assert.equal((await scripts({}, undefined, ['Binding.GYP'])).facts['implied'], true);
  assert.equal((await scripts({}, undefined, ['src/binding.gyp'])).result, 'pass');
  assert.equal(
    (await scripts({ scripts: { preinstall: 'x' } }, undefined, ['binding.gyp'])).facts['implied'],
    false,
  );
});

test('scripts: a binding.gyp that appears after an admitted version fails; where only an index is known it warns', async () => {
  assert.equal((await scripts({}, before({}), ['binding.gyp'])).result, 'fail');
  assert.equal((await scripts({}, before({}, 'preceding-version'), ['binding.gyp'])).result, 'warn');
  assert.equal(
    (await scripts({}, before({ install: 'node-gyp rebuild' }, 'preceding-version'), ['binding.gyp'])).result,
    'pass',
  );
});

const evil = { path: 'package/node_modules/@s/b/package.json', text: '{"scripts":{"postinstall":"node x"}}' };

function bundling(
  nested: ArchiveReading['nested'],
  predecessor?: Predecessor,
  files: readonly string[] = [],
): Promise<Evidence> {
  const reading = { ...readingOf('{}', files), ...(nested === undefined ? {} : { nested }) };
  return Promise.resolve(
    scriptsCollector.collect(sampleInput({ archive: { state: 'read', reading }, predecessor })),
  );
}

test('scripts: what bundled packages run at install counts as its own', async () => {
  const first = await bundling({ manifests: [evil], whole: true });
  assert.equal(first.result, 'not-available');
  assert.equal(first.facts['bundled'], 'node_modules/@s/b postinstall: node x');
  const recorded = recordedScripts([first]) ?? {};
  assert.equal((await bundling({ manifests: [evil], whole: true }, before(recorded))).result, 'pass');
  assert.equal((await bundling({ manifests: [evil], whole: true }, before({}))).result, 'fail');
  assert.equal(
    (await bundling({ manifests: [evil], whole: true }, before({}, 'preceding-version'))).result,
    'warn',
  );
  const harmless = { ...evil, text: '{"scripts":{"uninstall":"x"}}' };
  assert.equal((await bundling({ manifests: [harmless], whole: true })).result, 'pass');
});

test('scripts: a bundled package that builds, cannot be read, or was not kept, is no pass', async () => {
  const builds = await bundling(undefined, undefined, ['node_modules/b/binding.gyp']);
  assert.equal(builds.facts['bundled'], 'node_modules/b install: node-gyp rebuild');
  const fixture = ['test/node_modules/b/binding.gyp', 'node_modules/b/lib/binding.gyp'];
  assert.equal((await bundling(undefined, undefined, fixture)).result, 'pass');
  const broken = { ...evil, text: '{install' };
  assert.equal((await bundling({ manifests: [broken], whole: true })).result, 'not-available');
  assert.equal((await bundling({ manifests: [], whole: false })).result, 'not-available');
});

test('scripts: an archive or package.json that cannot be read leaves them not checked', async () => {
  const failed = sampleInput({ archive: { state: 'failed', code: 'ARCHIVE_READER_FAILED', message: 'x' } });
  assert.equal((await scriptsCollector.collect(failed)).result, 'not-checked');
  const broken = sampleInput({ archive: { state: 'read', reading: readingOf('{') } });
  assert.equal((await scriptsCollector.collect(broken)).result, 'not-checked');
});

test('scripts: what a version really ran is read back from its evidence, so that an implied build is nothing new', async () => {
  const first = await scripts({ scripts: { postinstall: 'node x' } }, undefined, ['binding.gyp']);
  const recorded = recordedScripts([first]);
  assert.deepEqual(recorded, { install: 'node-gyp rebuild', postinstall: 'node x' });
  const next = await scripts({ scripts: { postinstall: 'node x' } }, before(recorded ?? {}), ['binding.gyp']);
  assert.equal(next.result, 'pass');
  assert.deepEqual(recordedScripts([await scripts({}, undefined)]), {});
  assert.equal(recordedScripts([]), undefined);
  const unread = sampleInput({ archive: { state: 'read', reading: readingOf('{') } });
  assert.equal(recordedScripts([await scriptsCollector.collect(unread)]), undefined);
});

test('scripts: a long text is compared whole though only its beginning is kept', async () => {
  const long = `node ${'x'.repeat(9000)}`;
  const recorded = recordedScripts([await scripts({ scripts: { install: long } }, undefined)]) ?? {};
  assert.ok((recorded['install'] ?? '').length < 2000);
  assert.equal((await scripts({ scripts: { install: long } }, before(recorded))).result, 'pass');
  assert.equal((await scripts({ scripts: { install: `${long}; curl` } }, before(recorded))).result, 'warn');
});
