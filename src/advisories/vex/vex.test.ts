import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import type { VexStatement } from '../../core/vex.ts';
import { applyingStatements, byNamedSigners, clearingStatement } from './applying.ts';
import { readCyclonedxVex } from './cyclonedx.ts';
import { readOpenVex } from './openvex.ts';

const signer = { name: 'security@example.com', validDays: 90 };
const purl = formatPurl('npm', '@scope/sample', '1.2.3');
const made = '2026-11-01T00:00:00Z';

function openVex(...statements: readonly JsonObject[]): string {
  return JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'urn:x',
    author: 'Somebody Else',
    timestamp: made,
    version: 1,
    statements,
  });
}

const notAffected = {
  vulnerability: { name: 'CVE-2026-1', aliases: ['GHSA-1'] },
  products: [{ '@id': purl }],
  status: 'not_affected',
  justification: 'vulnerable_code_not_present',
};

test('an OpenVEX statement is its signer’s, whatever author the document names, and it ends', () => {
  const { statements, passedOver } = readOpenVex(openVex(notAffected), signer);
  assert.equal(passedOver, 0);
  assert.deepEqual(statements, [
    {
      author: 'security@example.com',
      product: purl,
      vulnerabilities: ['CVE-2026-1', 'GHSA-1'],
      status: 'not_affected',
      justification: 'vulnerable_code_not_present',
      statement: '',
      from: '2026-11-01T00:00:00.000Z',
      until: '2027-01-30T00:00:00.000Z',
      cyclonedx: undefined,
    },
  ]);
});

test('a statement that is not whole says nothing, and is counted', () => {
  const bad: readonly JsonObject[] = [
    { ...notAffected, justification: 'because' },
    { ...notAffected, status: 'fine' },
    { ...notAffected, vulnerability: {} },
    { ...notAffected, products: [{ '@id': 'pkg:nuget/x@1' }] },
    { ...notAffected, products: [] },
    { ...notAffected, products: [{ '@id': 'pkg:oci/image', subcomponents: [{ '@id': purl }] }] },
    { ...notAffected, products: [{ '@id': purl, subcomponents: [{ '@id': 'pkg:npm/other@1.0.0' }] }] },
  ];
  assert.deepEqual(readOpenVex(openVex(...bad), signer), { statements: [], passedOver: bad.length });
  const reasoned = { ...notAffected, justification: null, impact_statement: 'never called' };
  assert.equal(readOpenVex(openVex(reasoned), signer).statements[0]?.statement, 'never called');
});

test('CycloneDX’s words are mapped, and kept beside', () => {
  const document = (analysis: JsonObject, affects: readonly JsonObject[] = [{ ref: 'c1' }]): string =>
    JSON.stringify({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      metadata: { timestamp: made },
      components: [{ 'bom-ref': 'c1', purl: `${purl}?x=y` }],
      vulnerabilities: [{ id: 'CVE-2026-1', references: [{ id: 'GHSA-1' }], analysis, affects }],
    });
  const first = (text: string): VexStatement | undefined => readCyclonedxVex(text, signer).statements[0];
  const reached = first(
    document({ state: 'not_affected', justification: 'code_not_reachable', response: ['update'] }),
  );
  assert.equal(reached?.justification, 'vulnerable_code_not_in_execute_path');
  assert.deepEqual(reached?.cyclonedx, {
    state: 'not_affected',
    justification: 'code_not_reachable',
    responses: ['update'],
  });
  assert.deepEqual([reached?.product, reached?.vulnerabilities], [purl, ['CVE-2026-1', 'GHSA-1']]);
  const wrong = first(document({ state: 'false_positive' }));
  assert.deepEqual(
    [wrong?.status, wrong?.justification, wrong?.cyclonedx?.state],
    ['not_affected', 'component_not_present', 'false_positive'],
  );
  assert.equal(first(document({ state: 'resolved' }))?.status, 'fixed');
  assert.equal(first(document({ state: 'exploitable' }))?.status, 'affected');
  assert.equal(first(document({ state: 'not_affected' })), undefined, 'without a reason');
  assert.equal(first(document({ state: 'odd' })), undefined);
  const versions = [{ version: '1.0.0' }, { range: 'vers:npm/<2' }];
  assert.equal(
    first(document({ state: 'resolved' }, [{ ref: 'c1', versions }]))?.product,
    formatPurl('npm', '@scope/sample', '1.0.0'),
  );
  assert.equal(first(document({ state: 'resolved' }, [{ ref: 'unknown' }])), undefined);
});

const statement: VexStatement = {
  author: 'a',
  product: purl,
  vulnerabilities: ['CVE-2026-1'],
  status: 'not_affected',
  justification: undefined,
  statement: 'x',
  from: '2026-11-01T00:00:00.000Z',
  until: '2026-12-01T00:00:00.000Z',
  cyclonedx: undefined,
};
const question = { purl, match: { id: 'GHSA-1', aliases: ['CVE-2026-1'] }, now: '2026-11-20T00:00:00.000Z' };

function clears(...statements: readonly VexStatement[]): boolean {
  return clearingStatement(applyingStatements(statements, question)) !== undefined;
}

test('a statement applies to its product and vulnerability, within its window, and ends by itself', () => {
  assert.equal(clears(), false);
  assert.equal(clears(statement), true);
  assert.equal(clears({ ...statement, product: formatPurl('npm', '@scope/sample') }), true, 'every version');
  assert.equal(clears({ ...statement, product: formatPurl('npm', '@scope/sample', '1.2.4') }), false);
  assert.equal(clears({ ...statement, product: formatPurl('npm', 'sample') }), false);
  assert.equal(clears({ ...statement, vulnerabilities: ['CVE-2026-2'] }), false);
  assert.equal(clears({ ...statement, until: question.now }), false);
  assert.equal(clears({ ...statement, from: '2026-11-20T00:00:00.001Z' }), false);
  assert.equal(clears({ ...statement, from: 'whenever' }), false);
});

test('the newest word of an author stands, and one author who says otherwise keeps the advisory', () => {
  const later: VexStatement = { ...statement, status: 'affected', from: '2026-11-10T00:00:00.000Z' };
  assert.equal(clears(statement, later), false);
  assert.equal(clears(later, { ...statement, from: '2026-11-11T00:00:00.000Z' }), true);
  assert.equal(clears(statement, { ...statement, status: 'affected' }), false, 'of one time, the worse');
  assert.equal(clears(statement, { ...statement, author: 'b', status: 'under_investigation' }), false);
});

test('only named signers speak', () => {
  assert.deepEqual(
    byNamedSigners([statement, { ...statement, author: 'b' }], new Set(['b'])).map(({ author }) => author),
    ['b'],
  );
});

test('any document is read or refused', () => {
  const keys = fc.constantFrom(
    '@context',
    'bomFormat',
    'statements',
    'vulnerabilities',
    'vulnerability',
    'products',
    'status',
    'analysis',
    'state',
    'affects',
    'components',
    'identifiers',
    'purl',
    '@id',
    'ref',
  );
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.string(),
      fc.constant(null),
      fc.constantFrom('not_affected', 'resolved', made, purl, 'CVE-1'),
    ),
    tree: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  const attempt = (read: () => unknown): void => {
    try {
      read();
    } catch (error) {
      assert.ok(isAssayError(error, 'VEX_INVALID'), String(error));
    }
  };
  fc.assert(
    fc.property(tree, (value) => {
      attempt(() =>
        readOpenVex(openVex(value as JsonObject, { ...notAffected, products: value as JsonObject }), signer),
      );
      const vulnerabilities = [value, { id: 'CVE-1', analysis: { state: 'resolved' }, affects: value }];
      const document = {
        bomFormat: 'CycloneDX',
        metadata: { timestamp: made },
        components: value,
        vulnerabilities,
      };
      attempt(() => readCyclonedxVex(JSON.stringify(document), signer));
      attempt(() => readOpenVex(JSON.stringify(value), signer));
    }),
    { numRuns: 300 },
  );
});
