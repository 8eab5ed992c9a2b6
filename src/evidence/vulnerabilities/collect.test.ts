import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdvisoryLookup, AdvisoryOverride, FeedState } from '../../core/advisory.ts';
import type { CollectorInput } from '../../core/collector.ts';
import { evidenceDigest, type Evidence } from '../../core/evidence.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import type { VexStatement } from '../../core/vex.ts';
import { parseKev } from '../../advisories/kev.ts';
import { sampleInput, sampleNow } from '../../../test/support/collector-input.ts';
import { lookupOf, osvJson } from '../../../test/support/osv.ts';
import { createVulnerabilitiesCollector } from './collect.ts';

const collector = createVulnerabilitiesCollector({ warnAfterHours: 48, failAfterHours: 120 });

async function collect(
  records: readonly JsonObject[],
  change: Partial<CollectorInput> = {},
): Promise<Evidence> {
  return collector.collect(sampleInput({ advisories: lookupOf([other, ...records]), ...change }));
}

/** So that the feed is never empty. */
const other = osvJson('A-0', 'somebody-else');
const severity = (vector: string): JsonObject => ({
  severity: [{ type: 'CVSS_V3', score: `CVSS:3.1/${vector}` }],
});
const critical = severity('AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H');
const medium = severity('AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N');

function verdicts({ result, facts }: Evidence): readonly unknown[] {
  return [result, facts['rule.vulnerability'], facts['rule.known-malware'], facts['rule.feed-age']];
}

test('without a feed nothing was checked, and no verdict says more', async () => {
  const evidence = await collector.collect(sampleInput());
  assert.equal(evidence.result, 'not-checked');
  assert.ok(!Object.keys(evidence.facts).some((name) => name.startsWith('rule.')));
});

test('nothing known in a fresh feed passes, and names the feed', async () => {
  const advisories = lookupOf([other]);
  const evidence = await collect([], { advisories });
  assert.deepEqual(verdicts(evidence), ['pass', 'pass', 'pass', 'pass']);
  assert.equal(evidence.material, advisories.feed?.digest);
  assert.equal(evidence.facts['feedAgeHours'], 6);
});

test('vulnerabilities are counted by severity, and an unknown one is neither low nor nothing', async () => {
  const evidence = await collect([
    osvJson('A-1', 'sample', critical),
    osvJson('A-2', 'sample', {
      ...medium,
      affected: [{ package: { ecosystem: 'npm', name: 'sample' }, versions: ['1.2.3'] }],
    }),
    osvJson('A-3', 'sample'),
  ]);
  assert.deepEqual(verdicts(evidence), ['fail', 'fail', 'pass', 'pass']);
  const { facts } = evidence;
  assert.deepEqual(
    [
      facts['critical'],
      facts['medium'],
      facts['unknown'],
      facts['low'],
      facts['total'],
      facts['worst'],
      facts['fixAvailable'],
    ],
    [1, 1, 1, 0, 3, 'critical', 2],
  );
  assert.deepEqual(
    evidence.items.map(({ id }) => id),
    ['A-1', 'A-2', 'A-3'].map((id) => `vulnerabilities/vulnerability/${id}`),
  );
  assert.deepEqual(verdicts(await collect([osvJson('A-3', 'sample')])), ['warn', 'warn', 'pass', 'pass']);
});

test('two records of one vulnerability count once', async () => {
  const { facts } = await collect([
    osvJson('A-1', 'sample', { ...critical, aliases: ['A-2'] }),
    osvJson('A-2', 'sample'),
  ]);
  assert.deepEqual([facts['total'], facts['critical']], [1, 1]);
});

test('a vulnerability that is known to be exploited fails, however low its score', async () => {
  const kev = parseKev(
    '{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2026-0001","dateAdded":"2026-01-01"}]}',
  );
  const advisories = lookupOf([osvJson('A-1', 'sample', { ...medium, aliases: ['CVE-2026-0001'] })], { kev });
  const evidence = await collect([], { advisories });
  assert.deepEqual([evidence.result, evidence.facts['kev']], ['fail', 1]);
});

test('known malware fails, and is counted as no vulnerability', async () => {
  const evidence = await collect([osvJson('MAL-1', 'sample')]);
  assert.deepEqual(verdicts(evidence), ['fail', 'pass', 'fail', 'pass']);
  assert.deepEqual([evidence.facts['malicious'], evidence.facts['total']], [1, 0]);
  assert.equal(evidence.items[0]?.id, 'vulnerabilities/known-malware/MAL-1');
});

test('of a popular package one source alone makes it wait, two block it', async () => {
  const popular = new Set(['sample']);
  const origins = (...names: readonly string[]): JsonObject => ({
    database_specific: { 'malicious-packages-origins': names.map((source) => ({ source })) },
  });
  const one = await collect([osvJson('MAL-1', 'sample', origins('x'))], { popular });
  assert.deepEqual([one.facts['rule.known-malware'], one.facts['malwareSources']], ['warn', 'x']);
  const same = await collect(
    [osvJson('MAL-1', 'sample', origins('x')), osvJson('MAL-2', 'sample', origins('x'))],
    { popular },
  );
  assert.equal(same.facts['rule.known-malware'], 'warn', 'twice the same source');
  const two = await collect([osvJson('MAL-1', 'sample', origins('x', 'y'))], { popular });
  assert.equal(two.facts['rule.known-malware'], 'fail');
  const records = await collect(
    [osvJson('MAL-1', 'sample', origins('x')), osvJson('MAL-2', 'sample', origins('y'))],
    { popular },
  );
  assert.equal(records.facts['rule.known-malware'], 'fail');
});

function withFeed(change: Partial<FeedState>, records: readonly JsonObject[] = [other]): AdvisoryLookup {
  const lookup = lookupOf(records);
  assert.ok(lookup.feed !== undefined);
  return { ...lookup, feed: { ...lookup.feed, ...change } };
}

test('an old feed warns, then fails, by its newest record and not by its import; what it says stands', async () => {
  const aged = async (newestAt: string, records?: readonly JsonObject[]): Promise<readonly unknown[]> =>
    verdicts(await collect([], { advisories: withFeed({ newestAt, importedAt: sampleNow }, records) }));
  assert.deepEqual(await aged('2026-11-18T12:00:00.001Z'), ['pass', 'pass', 'pass', 'pass']);
  assert.deepEqual(await aged('2026-11-18T12:00:00.000Z'), ['pass', 'pass', 'pass', 'warn']);
  assert.deepEqual(await aged('2026-11-15T12:00:00.000Z'), ['pass', 'pass', 'pass', 'fail']);
  assert.deepEqual(await aged('2026-11-15T12:00:00.000Z', [osvJson('MAL-1', 'sample')]), [
    'fail',
    'pass',
    'fail',
    'fail',
  ]);
  assert.equal((await aged(''))[3], 'fail', 'a feed without a time');
  assert.equal((await aged('2026-11-20T13:00:00.000Z'))[3], 'pass', 'clocks differ');
  assert.equal((await aged('2099-01-01T00:00:00.000Z'))[3], 'warn', 'a time that is yet to come');
});

test('an empty feed, or one whose canary was missed, clears nothing, and what it names stands', async () => {
  for (const change of [{ records: 0 }, { records: 3, withdrawn: 3 }, { canary: 'missed' }] as const) {
    const evidence = await collect([], { advisories: withFeed(change) });
    assert.deepEqual(verdicts(evidence), ['not-checked', 'not-checked', 'not-checked', 'fail']);
  }
  const found = await collect([], {
    advisories: withFeed({ canary: 'missed' }, [osvJson('MAL-1', 'sample')]),
  });
  assert.deepEqual(verdicts(found), ['fail', 'not-checked', 'fail', 'fail']);
});

const override: AdvisoryOverride = {
  id: 'MAL-1',
  name: 'sample',
  version: undefined,
  by: 'operator',
  reason: 'the list is wrong',
  from: '2026-11-20T00:00:00.000Z',
  until: '2026-11-21T00:00:00.000Z',
};

test('a local override sets an advisory aside, visibly, until it ends', async () => {
  const judged = async (change: Partial<AdvisoryOverride>): Promise<Evidence> =>
    collect([osvJson('MAL-1', 'sample', { aliases: ['GHSA-1'] })], {
      advisoryOverrides: [{ ...override, ...change }],
    });
  for (const change of [{}, { version: '1.2.3' }, { id: 'GHSA-1' }]) {
    const evidence = await judged(change);
    assert.deepEqual(verdicts(evidence), ['pass', 'pass', 'pass', 'pass']);
    assert.deepEqual(
      [evidence.facts['setAside'], evidence.facts['setAsideUntil'], evidence.items[0]?.id],
      [1, override.until, 'vulnerabilities/set-aside/MAL-1'],
    );
  }
  for (const change of [
    { until: sampleNow },
    { from: '2026-11-20T12:00:00.001Z' },
    { version: '1.2.4' },
    { name: 'other' },
    { id: 'MAL-2' },
    { until: 'never' },
  ])
    assert.equal((await judged(change)).result, 'fail', JSON.stringify(change));
});

test('a VEX statement clears a vulnerability, never malware', async () => {
  const statement: VexStatement = {
    author: 'vendor',
    product: formatPurl('npm', 'sample', '1.2.3'),
    vulnerabilities: ['A-1', 'MAL-1'],
    status: 'not_affected',
    justification: 'vulnerable_code_not_present',
    statement: '',
    from: override.from,
    until: override.until,
    cyclonedx: undefined,
  };
  const vulnerable = await collect([osvJson('A-1', 'sample', critical)], { vex: [statement] });
  assert.deepEqual([vulnerable.result, vulnerable.facts['setAside']], ['pass', 1]);
  assert.match(vulnerable.items[0]?.message ?? '', /vendor states "not_affected"/);
  assert.equal((await collect([osvJson('MAL-1', 'sample')], { vex: [statement] })).result, 'fail');
});

test('hostile texts leave a record that can be hashed, and many advisories a bounded one', async () => {
  const records = Array.from({ length: 300 }, (_, n) =>
    osvJson(`A-${n + 1}`, 'sample', { summary: `\u001b[31m\ud800${'x'.repeat(500)}` }),
  );
  const evidence = await collect(records);
  assert.ok(evidenceDigest(evidence));
  assert.equal(evidence.items.length, 50);
  assert.equal(evidence.facts['total'], 300);
});
