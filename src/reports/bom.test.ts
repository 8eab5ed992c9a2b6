import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bom, component, statement } from '../../test/support/bom-input.ts';
import { cyclonedxProblems, documentProblems } from '../../test/support/document-schemas.ts';
import type { Currency } from '../core/currency.ts';
import { claimedFromHex } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import { formatPurl } from '../core/purl.ts';
import type { VexStatement } from '../core/vex.ts';
import { cyclonedxVersions, serialOf } from './bom.ts';
import { currencyLine } from './currency-words.ts';
import { cyclonedxBom } from './cyclonedx.ts';
import { cyclonedxVex } from './cyclonedx-vex.ts';
import { documentText } from './document.ts';
import { licenceField } from './licence-field.ts';
import { openVex } from './openvex.ts';
import { spdxDocument } from './spdx.ts';

const licences = [
  undefined,
  'MIT',
  'MIT OR Apache-2.0',
  '(MIT AND (GPL-2.0-only WITH Classpath-exception-2.0))',
  'GPL-2.0+',
  'SEE LICENSE IN LICENSE.md',
  'UNLICENSED',
  'MIT OR',
  'LicenseRef-corp',
];
const old: Currency = {
  newest: '3.0.0',
  majors: 2,
  minors: 0,
  patches: 0,
  days: 812,
  deprecated: 'use another',
  endOfLife: true,
  lastPublishedDaysAgo: 1200,
  abandoned: true,
};
const input = bom(
  [
    ...licences.map((licence, at) => component(`l${at}`, { licence })),
    component('a', { detectedLicences: ['ISC', 'not an id'], class: 'community/attested' }),
    component('d', { concludedLicence: 'ISC', currency: old, unlistedStatements: 3 }),
    component('e', { concludedLicence: 'MIT OR Apache-2.0', detectedLicences: ['MIT'] }),
    component('f', { concludedLicence: 'no expression' }),
    component('@scope/b', { decision: 'block', rules: ['npm/denied'], caseId: 'AS-7Q2M' }),
    component('c', { hashes: [], decision: 'not-asked', class: 'not-known' }),
  ],
  { vex: [statement(), statement({ status: 'affected', justification: undefined, statement: '' })] },
);

interface Told {
  readonly [key: string]: unknown;
  readonly components: readonly (JsonObject & { readonly name: string })[];
  readonly packages: readonly (JsonObject & { readonly name: string })[];
}
const told = (document: JsonObject): Told => document as unknown as Told;

test('CycloneDX 1.6 and 1.7 are valid by their published schemas, and the check can fail', () => {
  for (const version of cyclonedxVersions) {
    const document = cyclonedxBom(input, version);
    assert.deepEqual(cyclonedxProblems(document, version), []);
    assert.notDeepEqual(cyclonedxProblems({ ...document, planted: 1 }, version), []);
    const { serial, timestamp, tool, vex } = input;
    assert.deepEqual(
      cyclonedxProblems(cyclonedxVex({ statements: vex, serial, timestamp, tool }, version), version),
      [],
    );
  }
});

test('SPDX 2.3 is valid, every licence reference is defined, and the check can fail', () => {
  const document = spdxDocument(input);
  assert.deepEqual(documentProblems(document, 'spdx'), []);
  assert.notDeepEqual(documentProblems({ ...document, planted: 1 }, 'spdx'), []);
  const defined = (document['hasExtractedLicensingInfos'] as readonly JsonObject[]).map(
    (one) => one['licenseId'],
  );
  const used = told(document).packages.map((one) => one['licenseDeclared'] as string);
  assert.deepEqual(used.filter((text) => text?.startsWith('LicenseRef')).sort(), [...new Set(defined)]);
  assert.equal(defined.length, 4);
});

test('the same content in another order makes the same bytes', () => {
  const turned = { ...input, components: [...input.components].reverse() };
  for (const make of [(one: typeof input) => cyclonedxBom(one, '1.6'), spdxDocument])
    assert.equal(documentText(make(turned)), documentText(make(input)));
});

test('digests, licences, class and decision of a component are told, and what nobody asked is told as such', () => {
  const { components } = told(cyclonedxBom(input, '1.6'));
  const of = (name: string): JsonObject => components.find((one) => one.name === name) ?? {};
  assert.deepEqual(of('l0')['licenses'], undefined);
  assert.deepEqual(of('l1')['licenses'], [{ license: { id: 'MIT', acknowledgement: 'declared' } }]);
  assert.deepEqual(of('l5')['licenses'], [
    { license: { name: 'SEE LICENSE IN LICENSE.md', acknowledgement: 'declared' } },
  ]);
  assert.deepEqual(of('a')['hashes'], [{ alg: 'SHA-512', content: 'ab'.repeat(64) }]);
  assert.equal(of('b')['group'], '@scope');
  assert.deepEqual(of('b')['properties'], [
    { name: 'assay:class', value: 'community/unverified' },
    { name: 'assay:decision', value: 'block' },
    { name: 'assay:rules', value: 'npm/denied' },
    { name: 'assay:case', value: 'AS-7Q2M' },
    { name: 'assay:licence:concluded', value: 'not-known' },
    { name: 'assay:newest', value: 'not-known' },
  ]);
  assert.match(JSON.stringify(of('c')), /not-known.*not-asked/);
  const c = told(spdxDocument(input)).packages.find((one) => one.name === 'c');
  assert.match(JSON.stringify(c), /assay:class=not-known assay:decision=not-asked/);
});

test('class, concluded licence and how current it is are told, in both formats', () => {
  const { components } = told(cyclonedxBom(input, '1.6'));
  const of = (name: string): string => JSON.stringify(components.find((one) => one.name === name));
  assert.match(of('a'), /"assay:class","value":"community\/attested"/);
  assert.match(
    of('a'),
    /"evidence":\{"licenses":\[\{"license":\{"id":"ISC","acknowledgement":"concluded"\}\}/,
  );
  assert.match(of('d'), /"evidence":\{"licenses":\[\{"license":\{"id":"ISC"/);
  assert.match(
    of('d'),
    /"assay:newest","value":"3.0.0".*"assay:behind","value":"2 majors, 812 days".*"assay:deprecated","value":"use another".*"assay:end-of-life".*"assay:abandoned","value":"yes"/,
  );
  assert.match(
    of('e'),
    /"evidence":\{"licenses":\[\{"expression":"MIT OR Apache-2.0","acknowledgement":"concluded"\}\]/,
  );
  const { packages } = told(spdxDocument(input));
  const inSpdx = (name: string): JsonObject => packages.find((one) => one.name === name) ?? {};
  assert.deepEqual(
    ['a', 'd', 'e', 'f'].map((name) => inSpdx(name)['licenseConcluded']),
    ['NOASSERTION', 'ISC', 'MIT OR Apache-2.0', 'NOASSERTION'],
  );
  assert.match(JSON.stringify(inSpdx('d')), /assay:behind=2 majors, 812 days/);
  assert.match(JSON.stringify(inSpdx('a')), /assay:newest=not-known/);
  assert.match(of('d'), /"assay:vex:not-listed","value":"3"/);
  assert.match(JSON.stringify(inSpdx('d')), /assay:vex:not-listed=3/);
});

test('one line tells how current all are, and what is not known', () => {
  const newest = { ...old, majors: 0, days: 0, deprecated: null, endOfLife: false, abandoned: null };
  assert.equal(
    currencyLine([old, newest, { ...newest, patches: 1 }, undefined]),
    'how current: 1 newest, 1 behind by majors, 1 behind by patches, 1 deprecated, 1 at the end of life, 1 abandoned, 1 not known',
  );
  assert.equal(currencyLine([undefined]), 'how current: not known');
  assert.equal(currencyLine([{ ...newest, newest: null }]), 'how current: 1 with no stable version');
});

test('one name with two digests stays two components with references of their own', () => {
  const other = claimedFromHex('sha512', 'cd'.repeat(64));
  assert.ok(other);
  const document = cyclonedxBom(
    bom([component('a'), component('a', { hashes: [other] }), component('a')]),
    '1.6',
  );
  assert.deepEqual(cyclonedxProblems(document, '1.6'), []);
  assert.deepEqual(
    told(document).components.map((one) => one['bom-ref']),
    ['pkg:npm/a@1.0.0', 'pkg:npm/a@1.0.0#2'],
  );
});

test('a statement about a product in the document is its analysis; expired, future and foreign ones are not told', () => {
  const vex = [
    statement(),
    statement({ vulnerabilities: ['CVE-OLD'], until: '2026-06-01T12:00:00.000Z' }),
    statement({ vulnerabilities: ['CVE-FUTURE'], from: '2026-07-01T00:00:00.000Z' }),
    statement({ vulnerabilities: ['CVE-FOREIGN'], product: formatPurl('npm', 'elsewhere', '1.0.0') }),
    statement({ vulnerabilities: ['CVE-ALL'], product: formatPurl('npm', 'a') }),
    statement({ vulnerabilities: ['CVE-PREFIX'], product: formatPurl('npm', 'a', '1.0') }),
  ];
  const document = cyclonedxBom(bom([component('a')], { vex }), '1.6');
  const found = document['vulnerabilities'] as readonly JsonObject[];
  assert.deepEqual(
    found.map((one) => one['id']),
    ['CVE-2026-1', 'CVE-ALL'],
  );
  assert.deepEqual(found[0]?.['analysis'], {
    state: 'not_affected',
    justification: 'code_not_reachable',
    detail: 'We never call it.',
    firstIssued: '2026-01-01T00:00:00.000Z',
  });
  const text = documentText(spdxDocument(bom([component('a')], { vex })));
  assert.ok(text.includes('VEX: CVE-ALL') && !/CVE-(?:OLD|FUTURE|FOREIGN|PREFIX)/.test(text));
});

test("CycloneDX's finer words survive, unknown ones do not make an invalid document", () => {
  const cyclonedx = {
    state: 'false_positive',
    justification: 'made up',
    responses: ['update', 'x'],
  } as const;
  const document = cyclonedxBom(bom([component('a')], { vex: [statement({ cyclonedx })] }), '1.6');
  assert.deepEqual(cyclonedxProblems(document, '1.6'), []);
  assert.match(JSON.stringify(document), /"state":"false_positive","response":\["update"\]/);
});

test('OpenVEX holds what each status needs, and no document is made of nothing', () => {
  const make = (statements: readonly VexStatement[]): JsonObject | undefined =>
    openVex({
      id: 'urn:uuid:1',
      author: 'us',
      timestamp: input.timestamp,
      version: 1,
      tooling: 'assay',
      statements,
    });
  const document = make([
    statement(),
    statement(),
    statement({ justification: undefined, statement: '' }),
    statement({ status: 'affected', statement: '' }),
    statement({ status: 'fixed' }),
    statement({ status: 'under_investigation', author: 'us', until: undefined }),
  ]);
  assert.deepEqual(documentProblems(document, 'openVex'), []);
  assert.ok(document);
  assert.equal((document['statements'] as readonly unknown[]).length, 5, 'the same statement once');
  assert.match(JSON.stringify(document), /stated by security@example\.com; valid until 2026-12-01/);
  assert.equal(make([statement({ until: '2026-02-01T00:00:00.000Z' })]), undefined);
});

test('only expressions of the SPDX list are told as expressions', () => {
  const kinds = licences.map((licence) => licenceField(licence).kind);
  assert.deepEqual(kinds, [
    'none',
    'id',
    'expression',
    'expression',
    'expression',
    'text',
    'text',
    'text',
    'text',
  ]);
  for (const wrong of ['MIT)', '(MIT', 'MIT MIT', 'AND', 'MIT WITH MIT', '()', 'MIT WITH', 'mit'])
    assert.equal(licenceField(wrong).kind, 'text', wrong);
});

test('whatever is written into names, versions and licences, the documents stay valid', () => {
  const anything = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(anything, anything, anything, (name, version, text) => {
      const purl = formatPurl('npm', 'x', '1.0.0');
      const hostile = bom(
        [
          component('x', {
            purl,
            name,
            version,
            licence: text,
            detectedLicences: [text],
            concludedLicence: name,
            currency: { ...old, newest: version, deprecated: text },
          }),
        ],
        {
          vex: [
            statement({ product: purl, vulnerabilities: [text, name], statement: version, author: name }),
          ],
          subject: { name, version, purl: undefined },
        },
      );
      const spdx = spdxDocument(hostile);
      assert.deepEqual(documentProblems(JSON.parse(documentText(spdx)), 'spdx'), []);
      const cyclonedx = cyclonedxBom(hostile, '1.7');
      assert.deepEqual(cyclonedxProblems(JSON.parse(documentText(cyclonedx)), '1.7'), []);
    }),
    { numRuns: 100 },
  );
});

test('a serial number is a UUID of the content', () => {
  const uuid = serialOf({ a: 1 });
  assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(serialOf({ a: 1 }), uuid);
  assert.notEqual(serialOf({ a: 2 }), uuid);
});
