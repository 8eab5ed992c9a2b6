import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPurl } from '../core/purl.ts';
import { catalogue, secureShare, type CatalogueEntry } from './catalogue.ts';

const entry = (name: string, secure: boolean): CatalogueEntry => ({
  purl: formatPurl('npm', name, '1.0.0'),
  class: secure ? 'secure' : 'community',
  grade: secure ? 'rebuilt' : 'signed',
  because: '',
  verdict: secure ? 'identical' : undefined,
});

test('Secure comes first, the same version counts once, and what is not known counts against the share', () => {
  const [a, b] = [entry('a', false), entry('b', true)];
  const made = catalogue([a, b, b], [formatPurl('npm', 'c', '1.0.0'), a.purl]);
  assert.deepEqual(
    made.entries.map(({ purl }) => purl),
    [b.purl, a.purl],
  );
  assert.deepEqual([made.secure, made.community, made.unknown.length], [1, 2, 1]);
  assert.equal(secureShare(made), 1 / 3);
  assert.equal(secureShare(catalogue([])), undefined);
});
