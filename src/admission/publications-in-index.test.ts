import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplePublication, sampleVersion } from '../../test/support/collector-input.ts';
import { advertisedIn, recentIn } from './publications-in-index.ts';

const now = '2026-11-20T12:00:00.000Z';
const daysAgo = (days: number): string => new Date(Date.parse(now) - days * 86_400_000).toISOString();
const versionAt = (version: string, days: number | undefined, publication = samplePublication()) =>
  sampleVersion({
    version,
    claimedTime: days === undefined ? undefined : daysAgo(days),
    publication,
  });

test('an index advertises what names attestations, and what has signatures', () => {
  const versions = [
    versionAt('1.0.0', 1),
    versionAt('1.1.0', 1, samplePublication({ attested: true })),
    versionAt('1.2.0', 1, samplePublication({ signatures: 2 })),
  ];
  assert.deepEqual(advertisedIn({ versions }), { attested: ['1.1.0'], signed: ['1.2.0'] });
});

test('only versions of the last days are sightings: none without a time, none of the future', () => {
  const versions = [
    versionAt('1.0.0', 15),
    versionAt('1.1.0', 13),
    versionAt('1.2.0', 1),
    versionAt('1.3.0', -1),
    versionAt('1.4.0', undefined),
  ];
  assert.deepEqual(recentIn({ versions, timeOrderTrust: 'plausible' }, now), [
    { version: '1.2.0', publisher: 'jane', publishedAt: daysAgo(1) },
    { version: '1.1.0', publisher: 'jane', publishedAt: daysAgo(13) },
  ]);
  assert.deepEqual(recentIn({ versions, timeOrderTrust: 'implausible' }, now), []);
});

test('the account that publishes for everybody from CI is nobody in particular', () => {
  const publication = samplePublication({ publisher: 'the CI', trustedPublisher: 'github' });
  const [one] = recentIn(
    { versions: [versionAt('1.0.0', 1, publication)], timeOrderTrust: 'plausible' },
    now,
  );
  assert.equal(one?.publisher, undefined);
});

test('of a package that publishes without end, the newest twenty are sightings', () => {
  const versions = Array.from({ length: 1000 }, (_, at) => versionAt(`1.0.${at}`, at / 100));
  const recent = recentIn({ versions, timeOrderTrust: 'plausible' }, now);
  assert.equal(recent.length, 20);
  assert.equal(recent[0]?.version, '1.0.0');
});
