/** Scans as documents for other programs: JSON, and SARIF for code scanning services. */
import type { JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import { sarifLog, type SarifFinding } from '../../reports/sarif.ts';
import { assayVersion } from '../package-version.ts';
import type { ScannedPackage } from './scan-local.ts';

export { documentText } from '../../reports/document.ts';

export function scansJson(scans: readonly ScannedPackage[]): JsonObject {
  return { schema: 1, packages: JSON.parse(JSON.stringify(scans)) as JsonObject[] };
}

/** `asked`: what the person named; findings about a release are shown there. */
export function sarifOf(scans: readonly ScannedPackage[], asked: string): JsonObject {
  return sarifLog({
    tool: { name: 'assay', version: assayVersion },
    findings: scans.flatMap((scan) => findingsOf(scan, asked)),
    failures: scans.flatMap((one) =>
      one.scan.state === 'failed' ? [`${one.asked}: ${one.scan.message} (${one.scan.code})`] : [],
    ),
  });
}

function findingsOf(
  { name, version, scan, advisories = [] }: ScannedPackage,
  path: string,
): readonly SarifFinding[] {
  const isNamed = name !== undefined && version !== undefined;
  const purl = isNamed ? formatPurl('npm', name, version) : undefined;
  const found = scan.state === 'failed' ? [] : scan.report.findings;
  return [
    ...found.map((finding) => ({ kind: 'scan', purl, finding }) as const),
    ...advisories.flatMap((match) =>
      purl === undefined || !isNamed ? [] : [{ kind: 'advisory', purl, name, version, match, path } as const],
    ),
  ];
}
