/** What a check that rests on the scan says where there was none. That it failed is told once, as malware. */
import type { ScanOutcome } from '../core/scan-report.ts';
import type { Finding } from './record.ts';

export function withoutScan(scan: Exclude<ScanOutcome, { state: 'scanned' }>, what: string): Finding {
  if (scan.state === 'not-scanned') return { result: 'not-checked', summary: `${what}: ${scan.message}.` };
  return {
    result: 'not-checked',
    summary: `${what}: it was not scanned (${scan.code}).`,
    // It is tried again.
    facts: { passing: true },
  };
}
