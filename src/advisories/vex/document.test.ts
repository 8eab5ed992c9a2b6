import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openVexText, vexMade, vexStatement } from '../../../test/support/vex.ts';
import { isAssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { isEarlier, readVex } from './document.ts';

const signer = { name: 'a', validDays: 90 };
const product = 'pkg:npm/holed@1.0.0';
const text = openVexText([vexStatement(product)]);
const cyclonedx: JsonObject = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  serialNumber: 'urn:uuid:1',
  version: 3,
  metadata: { timestamp: vexMade },
  components: [{ 'bom-ref': 'c', purl: product }],
  vulnerabilities: [{ id: 'CVE-1', analysis: { state: 'resolved' }, affects: [{ ref: 'c' }] }],
};

test('both forms are told apart, and say how they call themselves', () => {
  const one = readVex(text, 'document', signer);
  assert.deepEqual([one.name, one.version, one.statements.length], ['https://example.com/vex/1', 1, 1]);
  const other = readVex(JSON.stringify(cyclonedx), 'document', signer);
  assert.deepEqual([other.name, other.version, other.time], ['urn:uuid:1', 3, '2026-11-01T00:00:00.000Z']);
  assert.equal(other.statements[0]?.status, 'fixed');
});

test('a statement of in-toto is about VEX, or is refused', () => {
  const statement = (predicateType: unknown, predicate: unknown): string =>
    JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject: [], predicateType, predicate });
  const document: unknown = JSON.parse(text);
  for (const type of ['https://openvex.dev/ns', 'https://openvex.dev/ns/v0.2.0'])
    assert.deepEqual(
      readVex(statement(type, document), 'in-toto', signer),
      readVex(text, 'document', signer),
      type,
    );
  for (const type of ['https://cyclonedx.org/bom', 'https://cyclonedx.org/vex/1.6'])
    assert.equal(readVex(statement(type, cyclonedx), 'in-toto', signer).name, 'urn:uuid:1', type);
  for (const file of [
    statement('https://slsa.dev/provenance/v1', document),
    statement('https://openvex.dev/ns.example.com', document),
    statement('https://openvex.dev/ns', [document]),
    statement(undefined, document),
    text,
  ])
    assert.throws(() => readVex(file, 'in-toto', signer), { code: 'VEX_INVALID' });
  assert.throws(() => readVex(statement('https://openvex.dev/ns', document), 'document', signer), {
    code: 'VEX_INVALID',
  });
});

test('of two versions the lower one is the earlier one, of one version the older', () => {
  const version = (number: unknown, time = vexMade): ReturnType<typeof readVex> =>
    readVex(openVexText([], { version: number as number, last_updated: time }), 'document', signer);
  assert.equal(isEarlier(version(1), version(2)), true);
  assert.equal(isEarlier(version('2'), version(2)), false);
  assert.equal(isEarlier(version(2, '2026-10-01T00:00:00Z'), version(2)), true);
  assert.equal(isEarlier(version(2), version(2)), false);
  for (const odd of [-1, 1.5, 'x', {}, 1e300]) assert.equal(version(odd).version, 0);
});

test('any document in any form is read or refused', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('document', 'in-toto'), (json, form) => {
      for (const file of [json, `{"predicateType":"https://openvex.dev/ns","predicate":${json}}`])
        try {
          readVex(file, form, signer);
        } catch (error) {
          assert.ok(isAssayError(error, 'VEX_INVALID'), String(error));
        }
    }),
    { numRuns: 200 },
  );
});
