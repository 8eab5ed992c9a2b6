/** Scan reports for tests of what reads them. */
import type { ScanFinding, ScanOutcome, ScanReport } from '../../src/core/scan-report.ts';

export function scanReport(overrides: Partial<ScanReport> = {}): ScanReport {
  const findings = overrides.findings ?? [];
  return {
    schema: 1,
    scanner: 'test',
    rules: 'a'.repeat(64),
    bytesPresent: 100,
    bytesScanned: 100,
    files: 1,
    parsedFiles: 1,
    findings,
    findingsTotal: findings.length,
    fingerprint: { capabilities: [], hosts: [], threats: [] },
    licences: [],
    score: null,
    ...overrides,
  };
}

export function scanFinding(overrides: Partial<ScanFinding> = {}): ScanFinding {
  return {
    rule: 'malware/wipe',
    area: 'malware',
    severity: 'high',
    path: 'lib/a.js',
    line: 3,
    excerpt: 'rm',
    message: 'It deletes.',
    capped: undefined,
    ...overrides,
  };
}

export const failedScan: ScanOutcome = {
  state: 'failed',
  code: 'SCAN_FAILED',
  message: 'the scanner was stopped',
};
