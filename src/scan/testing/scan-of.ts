/** Scans files given as texts, in this process: for tests of rules. */
import type { ScanReport } from '../../core/scan-report.ts';
import { hintsOf } from '../hints.ts';
import { createPackageScan } from '../package-scan.ts';

/** `manifest` becomes package.json; `changed` as in the hints. */
export function scanOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  manifest: Readonly<Record<string, unknown>> = {},
  changed?: readonly string[],
): ScanReport {
  const text = JSON.stringify({ name: 'x', version: '1.0.0', ...manifest });
  const scan = createPackageScan(hintsOf(text, 'binding.gyp' in files, changed));
  scan.add({ path: 'package.json', mode: 0o644, bytes: Buffer.from(text) });
  for (const [path, content] of Object.entries(files)) {
    scan.add({ path, mode: 0o644, bytes: typeof content === 'string' ? Buffer.from(content) : content });
  }
  return scan.end();
}

/** What an install script that runs `index.js` reaches. */
export function installScan(code: string): ScanReport {
  return scanOf({ 'index.js': code }, { scripts: { postinstall: 'node index.js' } });
}

/** Rules that hit, sorted. */
export function threatsOf(report: ScanReport): readonly string[] {
  return report.fingerprint.threats;
}
