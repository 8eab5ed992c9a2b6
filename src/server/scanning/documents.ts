/** Scans as documents for other programs: JSON, and SARIF for code scanning services. */
import type { JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import { sarifLog, type SarifFinding } from '../../reports/sarif.ts';
import { summaryOf, type CurrencySummary } from '../checking/currency.ts';
import { assayVersion } from '../package-version.ts';
import type { NamedFeed } from './feed.ts';
import type { ScannedPackage } from './scan-local.ts';

export { documentText } from '../../reports/document.ts';

/** What was asked of each package, besides the scan itself; `null`: not checked, as nobody gave what it takes. */
export function scansJson(scans: readonly ScannedPackage[], named: NamedFeed | undefined): JsonObject {
  const { epss, kev, advisories } = named ?? {};
  const checked = {
    advisories: advisories?.feed ?? null,
    epss: epss === undefined ? null : { model: epss.model, date: epss.date, scores: epss.size },
    kev: kev === undefined ? null : { catalogue: kev.version, entries: kev.size },
  };
  const currency = currencyOf(scans).counts;
  const packages = scans.map((one) => ({ ...one, currency: one.currency ?? null }));
  return JSON.parse(JSON.stringify({ schema: 1, checked, currency, packages })) as JsonObject;
}

/** By the indexes that the releases came by; nobody asks for one about a file or a folder. */
export function currencyOf(scans: readonly ScannedPackage[]): CurrencySummary {
  return summaryOf(scans.map(({ currency }) => currency));
}

/** One sentence for each thing that nobody gave a file for. */
export function notChecked(named: NamedFeed | undefined): readonly string[] {
  if (named === undefined) return ['advisories: not checked (no feed was given: --feed all.zip)'];
  return [
    ...(named.epss === undefined ? ['EPSS: not checked (no scores were given: --epss file)'] : []),
    ...(named.kev === undefined ? ['known exploited: not checked (no list was given: --kev file)'] : []),
  ];
}

/** `asked`: what the person named; findings about a release are shown there. */
export function sarifOf(
  scans: readonly ScannedPackage[],
  asked: string,
  named: NamedFeed | undefined,
): JsonObject {
  return sarifLog({
    notChecked: notChecked(named),
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
