import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Evidence } from '../../core/evidence.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { LicenceFinding, ScanOutcome, ScanReport } from '../../core/scan-report.ts';
import type { LicencePolicy } from '../../licences/policy.ts';
import { readingOf, sampleInput } from '../../../test/support/collector-input.ts';
import { createLicencesCollector } from './collect.ts';

const none: LicencePolicy = { allow: [], review: [], deny: [] };
const strict: LicencePolicy = { allow: ['MIT', 'ISC'], review: ['MPL-*'], deny: ['AGPL-*', 'GPL-*'] };

function text(path: string, id: string | undefined, also: readonly string[] = []): LicenceFinding {
  return { path, id, also, similarity: id === undefined ? 0 : 0.99 };
}

function scanned(licences: readonly LicenceFinding[]): ScanOutcome {
  const report: ScanReport = {
    schema: 1,
    scanner: 'test',
    rules: 'test',
    bytesPresent: 1,
    bytesScanned: 1,
    files: 1,
    parsedFiles: 0,
    findings: [],
    findingsTotal: 0,
    fingerprint: { capabilities: [], hosts: [], threats: [] },
    licences,
    score: null,
  };
  return { state: 'scanned', report };
}

async function collected(
  fields: JsonObject,
  texts: readonly LicenceFinding[] = [],
  policy: LicencePolicy = none,
): Promise<Evidence> {
  const manifest = JSON.stringify({ name: 'sample', version: '1.2.3', ...fields });
  const archive = { state: 'read', reading: readingOf(manifest) } as const;
  return createLicencesCollector(policy).collect(sampleInput({ archive, scan: scanned(texts) }));
}

const idsOf = ({ items }: Evidence): readonly string[] =>
  items.map(({ id }) => id.replace('licences/licence/', ''));

test('a declared licence whose text is there passes, and is told', async () => {
  const evidence = await collected({ license: 'MIT' }, [text('LICENSE', 'MIT')], strict);
  assert.equal(evidence.result, 'pass');
  assert.deepEqual(evidence.items, []);
  const { expression, detected, verdict } = evidence.facts;
  assert.deepEqual(
    [expression, detected, evidence.facts['class'], verdict],
    ['MIT', 'MIT', 'declared', 'allow'],
  );
  assert.equal(evidence.facts['rule.licence'], 'pass');
});

test('every form that npm ever took is read', async () => {
  const forms: readonly (readonly [JsonObject, string, string])[] = [
    [{ license: { type: 'MIT', url: 'https://example.com' } }, 'MIT', 'old-form'],
    [{ licenses: [{ type: 'MIT' }, { type: 'Apache-2.0' }] }, 'MIT OR Apache-2.0', 'old-form'],
    [{ licenses: ['MIT'] }, 'MIT', 'old-form'],
    [{ license: 'Apache 2.0' }, 'Apache-2.0', 'corrected'],
  ];
  for (const [fields, expression, item] of forms) {
    const evidence = await collected(fields);
    assert.equal(evidence.facts['expression'], expression);
    assert.deepEqual(idsOf(evidence), [item]);
    assert.equal(evidence.result, 'pass');
  }
});

test('a text of another licence is a disagreement, and the stricter of the two counts', async () => {
  const agpl = [text('LICENSE', 'AGPL-3.0-only')];
  const quiet = await collected({ license: 'MIT' }, agpl);
  assert.deepEqual([quiet.result, idsOf(quiet)], ['pass', ['disagreement/AGPL-3.0-only']]);
  assert.match(quiet.summary, /text of AGPL-3.0-only/);
  assert.equal((await collected({ license: 'MIT' }, agpl, strict)).result, 'fail');
  assert.equal((await collected({ license: 'MIT' }, [text('LICENSE', 'ISC')], strict)).result, 'warn');
});

test('a choice is no disagreement, whichever of its texts is there', async () => {
  const texts = [text('LICENSE-MIT', 'MIT'), text('LICENSE-GPL', 'GPL-3.0-only', ['GPL-3.0-or-later'])];
  const evidence = await collected({ license: '(MIT OR GPL-3.0+)' }, texts, strict);
  assert.deepEqual([evidence.result, evidence.items, evidence.facts['chosen']], ['pass', [], 'MIT']);
  const more = await collected({ license: 'MIT' }, [...texts, text('LICENSES/Zlib.txt', 'Zlib')], none);
  assert.deepEqual(idsOf(more), ['additional/GPL-3.0-only', 'additional/Zlib']);
});

test('the texts of bundled parts are judged, and are no disagreement', async () => {
  const texts = [
    text('LICENSE', 'MIT'),
    text('vendor/x/LICENSE', 'AGPL-3.0-only'),
    text('ThirdPartyNotices.txt', 'Zlib'),
  ];
  assert.deepEqual(idsOf(await collected({ license: 'MIT' }, texts)), [
    'bundled/AGPL-3.0-only',
    'bundled/Zlib',
  ]);
  assert.equal((await collected({ license: 'MIT' }, texts, strict)).result, 'fail');
});

test('what is unknown never passes: no lists, nothing to judge; with lists, it is reviewed', async () => {
  const unknown: readonly (readonly [JsonObject, string])[] = [
    [{}, 'none'],
    [{ license: 'UNLICENSED' }, 'unlicensed'],
    [{ license: 'SEE LICENSE IN terms.txt' }, 'file'],
    [{ license: 'NOASSERTION' }, 'no-assertion'],
    [{ license: 'free for friends' }, 'unreadable'],
    [{ licenses: [{ type: 'MIT' }, 7] }, 'unreadable'],
    [{ license: '' }, 'none'],
  ];
  for (const [fields, kind] of unknown) {
    const quiet = await collected(fields);
    assert.deepEqual(
      [quiet.result, quiet.facts['class'], idsOf(quiet)[0]],
      ['not-available', kind, `unknown-${kind}`],
    );
    assert.equal((await collected(fields, [], strict)).result, 'warn');
  }
});

test('without a declaration its own texts count, all of them', async () => {
  const evidence = await collected({ license: 'SEE LICENSE IN LICENSE' }, [text('LICENSE', 'MIT')], strict);
  assert.deepEqual(
    [evidence.result, evidence.facts['class'], evidence.facts['expression']],
    ['pass', 'detected', 'MIT'],
  );
  const two = await collected({}, [text('LICENSE', 'MIT'), text('COPYING', 'GPL-2.0-only')], strict);
  assert.deepEqual([two.result, two.facts['expression']], ['fail', 'MIT AND GPL-2.0-only']);
  const unlicensed = await collected({ license: 'UNLICENSED' }, [text('LICENSE', 'MIT')], strict);
  assert.deepEqual(idsOf(unlicensed), ['unknown-unlicensed', 'disagreement/MIT']);
  assert.equal(unlicensed.result, 'warn');
});

test('words about rights that no licence explains are told, and reviewed where lists are given', async () => {
  const texts = [text('LICENSE', 'MIT'), text('LICENSE', undefined)];
  const quiet = await collected({ license: 'MIT' }, texts);
  assert.deepEqual([quiet.result, idsOf(quiet)], ['pass', ['unexplained']]);
  assert.equal((await collected({ license: 'MIT' }, texts, strict)).result, 'warn');
});

test('an exception’s text belongs to the licence it is added to', async () => {
  const texts = [text('COPYING', 'GPL-2.0-only'), text('EXCEPTION', 'Classpath-exception-2.0')];
  const evidence = await collected({ license: 'GPL-2.0-only WITH Classpath-exception-2.0' }, texts);
  assert.deepEqual(evidence.items, []);
  const undeclared = await collected(
    { license: 'MIT' },
    [text('LICENSE', 'MIT'), texts[1] ?? text('', '')],
    strict,
  );
  assert.deepEqual([undeclared.result, idsOf(undeclared)], ['pass', ['additional/Classpath-exception-2.0']]);
});

test('where a scan failed nothing was checked, and an archive that could not be read was neither', async () => {
  const collector = createLicencesCollector(none);
  const failed = { state: 'failed', code: 'SCAN_FAILED', message: 'the child died' } as const;
  const gap = await collector.collect(sampleInput({ scan: failed }));
  assert.deepEqual([gap.result, gap.facts['passing']], ['not-checked', true]);
  const unread = await collector.collect(sampleInput({ archive: failed, scan: scanned([]) }));
  assert.equal(unread.result, 'not-checked');
});

test('evidence by other lists is collected anew', () => {
  const versions = [none, strict, { ...strict, deny: [] }].map((one) => createLicencesCollector(one).version);
  assert.equal(new Set(versions).size, 3);
  assert.equal(createLicencesCollector(strict).version, createLicencesCollector({ ...strict }).version);
});

test('any declaration and any texts make evidence of bounded size', async () => {
  const id = fc.constantFrom(undefined, 'MIT', 'AGPL-3.0-only', 'Classpath-exception-2.0', 'nonsense');
  const findings = fc.array(
    fc.record({
      path: fc.string({ maxLength: 2000 }),
      id,
      also: fc.constant([]),
      similarity: fc.constant(1),
    }),
    { maxLength: 80 },
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.array(fc.record({ type: fc.string() })),
    fc.string({ maxLength: 3000 }),
  );
  await fc.assert(
    fc.asyncProperty(value, findings, async (license, texts) => {
      const evidence = await collected({ license: license as Json }, texts, strict);
      assert.ok(evidence.items.length <= 50);
      assert.ok(JSON.stringify(evidence).length < 80_000);
    }),
    { numRuns: 100 },
  );
});
