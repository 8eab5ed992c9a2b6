/** Every compromised release that the feed lists stands in the synthetic upstream, beside clean neighbours. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import semver from 'semver';
import type { JsonObject } from '../../src/core/json.ts';
import { asUpstream, compromisedReleases, feedRecords } from '../support/corpus/compromised-releases.ts';

const feed = join(
  process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'),
  'feeds/npm/all.zip',
);
const skip = existsSync(feed) ? false : 'ASSAY_SHARED/feeds/npm is not there';

test(
  'every listed compromised release is an entry of the synthetic upstream, and no clean neighbour is listed',
  { skip },
  () => {
    const records = feedRecords(readFileSync(feed));
    const releases = compromisedReleases(records);
    assert.equal(releases.length, 450);
    const { listed, clean } = asUpstream(records);
    const key = ({ name, version }: { readonly name: string; readonly version: string }): string =>
      `${name}@${version}`;
    const bad = new Set(releases.map(key));
    assert.deepEqual(new Set(listed.map(key)), bad);
    assert.ok(clean.length > 300, String(clean.length));
    assert.deepEqual(
      clean.map(key).filter((one) => bad.has(one)),
      [],
    );
    assert.deepEqual(
      [...listed, ...clean].filter(({ version }) => semver.valid(version) === null),
      [],
    );
  },
);

const malicious = (more: JsonObject): JsonObject => ({ id: 'MAL-1', ...more });
const affected = (name: string, versions?: readonly string[]): JsonObject => ({
  package: { ecosystem: 'npm', name },
  ...(versions === undefined ? {} : { versions: [...versions] }),
});

test('withdrawn records and vulnerabilities compromise nothing; a wholly malicious package has no clean neighbour', () => {
  const records: readonly JsonObject[] = [
    malicious({ affected: [affected('a', ['1.0.0', '1.0.1']), affected('b', ['2.0.0'])] }),
    malicious({ affected: [affected('b')] }),
    malicious({ withdrawn: '2026-01-01T00:00:00Z', affected: [affected('c', ['1.0.0'])] }),
    { id: 'GHSA-1', affected: [affected('d', ['1.0.0'])] },
  ];
  const { listed, clean } = asUpstream(records);
  assert.deepEqual(
    listed.map(({ name, version }) => `${name}@${version}`),
    ['a@1.0.0', 'a@1.0.1', 'b@2.0.0'],
  );
  assert.deepEqual(
    clean.map(({ name, version }) => `${name}@${version}`),
    ['a@1.0.2'],
  );
});
