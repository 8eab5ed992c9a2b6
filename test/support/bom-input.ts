/** Components and statements as a bill of materials takes them. */
import { claimedFromHex } from '../../src/core/digest.ts';
import { formatPurl } from '../../src/core/purl.ts';
import type { VexStatement } from '../../src/core/vex.ts';
import type { Bom, BomComponent } from '../../src/reports/bom.ts';

export function component(name: string, fields: Partial<BomComponent> = {}): BomComponent {
  const version = fields.version ?? '1.0.0';
  const digest = claimedFromHex('sha512', 'ab'.repeat(64));
  return {
    purl: formatPurl('npm', name, version),
    name,
    version,
    hashes: digest === undefined ? [] : [digest],
    licence: 'MIT',
    detectedLicences: [],
    concludedLicence: undefined,
    class: 'community/unverified',
    currency: undefined,
    unlistedStatements: 0,
    decision: 'allow',
    rules: [],
    caseId: undefined,
    ...fields,
  };
}

export function statement(fields: Partial<VexStatement> = {}): VexStatement {
  return {
    author: 'security@example.com',
    product: formatPurl('npm', 'a', '1.0.0'),
    vulnerabilities: ['CVE-2026-1', 'GHSA-aaaa-bbbb-cccc'],
    status: 'not_affected',
    justification: 'vulnerable_code_not_in_execute_path',
    statement: 'We never call it.',
    from: '2026-01-01T00:00:00.000Z',
    until: '2026-12-01T00:00:00.000Z',
    cyclonedx: undefined,
    ...fields,
  };
}

export function bom(components: readonly BomComponent[], fields: Partial<Bom> = {}): Bom {
  return {
    subject: { name: '@corp/app', version: '2.0.0', purl: formatPurl('npm', '@corp/app', '2.0.0') },
    components,
    vex: [],
    serial: '00000000-0000-8000-8000-000000000001',
    timestamp: '2026-06-01T12:00:00.000Z',
    tool: { name: 'assay', version: '0.1.0' },
    ...fields,
  };
}
