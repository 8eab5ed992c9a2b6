/** How a person reads scans: the worst first, each finding with its place. Every text in them may be hostile. */
import { severities, type AdvisoryMatch, type Severity } from '../core/advisory.ts';
import { forTerminal } from '../core/encode.ts';
import type { ScanFinding } from '../core/scan-report.ts';
import { currencyOf, notChecked } from '../server/scanning/documents.ts';
import type { NamedFeed } from '../server/scanning/feed.ts';
import type { ScannedPackage } from '../server/scanning/scan-local.ts';
import { verdictOf } from '../server/scanning/verdict.ts';
import type { Terminal, Tone } from './terminal.ts';

const mostFindings = 25;

export function printScans(
  terminal: Terminal,
  scans: readonly ScannedPackage[],
  feed: NamedFeed | undefined,
): void {
  const told = scans.filter(isWorthTelling).sort((a, b) => worstOf(b) - worstOf(a));
  for (const scan of told) printScan(terminal, scan);
  const failed = scans.filter(({ scan }) => scan.state === 'failed').length;
  const quiet = scans.length - told.length;
  terminal.out(
    `${scans.length} ${scans.length === 1 ? 'package' : 'packages'}: ${told.length - failed} with findings, ${quiet} without, ${failed} not scanned`,
  );
  const unasked = scans.filter(({ advisories }) => advisories === undefined).length;
  for (const line of [...feedLines(feed, unasked), ...notChecked(feed), currencyOf(scans).line])
    terminal.out(line);
}

function feedLines(named: NamedFeed | undefined, unasked: number): readonly string[] {
  const feed = named?.advisories.feed;
  if (named === undefined || feed === undefined) return [];
  const unread = named.refused === 0 ? '' : `, ${named.refused} could not be read and match nothing`;
  const gap = unasked === 0 ? '' : `; NOT CHECKED for ${unasked} without a name and version`;
  const { epss, kev } = named;
  return [
    `advisories: ${feed.records} records, the newest of ${forTerminal(feed.newestAt)}${unread}${gap}`,
    ...(epss === undefined
      ? []
      : [
          `EPSS: ${epss.size} scores of model ${forTerminal(epss.model)}, made ${forTerminal(epss.date ?? 'at an unknown time')}`,
        ]),
    ...(kev === undefined
      ? []
      : [`known exploited: ${kev.size} entries, catalogue ${forTerminal(kev.version)}`]),
  ];
}

function isWorthTelling({ scan, advisories = [] }: ScannedPackage): boolean {
  if (scan.state === 'failed' || advisories.length > 0) return true;
  return scan.report.findings.some(isLoud) || scan.report.score !== null;
}

/** What is noted for those who ask for JSON. */
function isLoud({ severity, area }: ScanFinding): boolean {
  return area === 'limits' || (severity !== 'none' && severity !== 'unknown');
}

function worstOf({ scan, advisories = [] }: ScannedPackage): number {
  const found = scan.state === 'failed' ? [] : scan.report.findings.filter(isLoud);
  const all = [...found, ...advisories].map(({ severity }) => severities.indexOf(severity));
  return Math.max(scan.state === 'failed' ? severities.length : 0, ...all);
}

function printScan(
  terminal: Terminal,
  { asked, name, version, scan, advisories = [] }: ScannedPackage,
): void {
  const title = name === undefined ? asked : `${name}@${version ?? '?'}`;
  terminal.out(terminal.paint('bold', forTerminal(title, 300)));
  if (scan.state === 'failed') {
    terminal.out(
      `  ${terminal.paint('bad', 'NOT SCANNED')}  ${forTerminal(scan.message, 500)} (${scan.code})`,
    );
  } else {
    const { score, findings, findingsTotal, bytesPresent, bytesScanned, fingerprint } = scan.report;
    terminal.out(`  scanned   ${bytesScanned} of ${bytesPresent} bytes`);
    if (score !== null) {
      terminal.out(`  score     ${score.value} of 10: ${forTerminal(score.because.join('; '), 1000)}`);
      terminal.out(`  a gate    by this score alone: ${verdictOf(score.value)}`);
    }
    if (fingerprint.capabilities.length > 0)
      terminal.out(`  it can    ${forTerminal(fingerprint.capabilities.join(', '), 500)}`);
    const loud = findings.filter(isLoud);
    for (const finding of loud.slice(0, mostFindings)) printFinding(terminal, finding);
    const more = findingsTotal - findings.length + Math.max(0, loud.length - mostFindings);
    if (more > 0) terminal.out(`  ${more} more findings: --format json tells them`);
  }
  for (const match of advisories) {
    const { id, severity, malicious, summary, fixed } = match;
    const word = malicious ? 'MALICIOUS' : severity;
    const fix = malicious ? '' : fixed.length === 0 ? '  no fix is known' : `  fixed in ${fixed.join(', ')}`;
    terminal.out(
      `  ${terminal.paint(malicious ? 'bad' : toneOf(severity), word.padEnd(9))} ${forTerminal(`${id}  ${summary}${fix}`, 500)}`,
    );
    const likely = likelihood(match);
    if (likely !== '') terminal.out(`            ${forTerminal(likely, 300)}`);
  }
}

function likelihood({ epss, kev }: AdvisoryMatch): string {
  return [
    ...(kev === null ? [] : [`known to be exploited since ${kev.added}`]),
    ...(epss === null
      ? []
      : [`EPSS ${percent(epss.score)} (above ${percent(epss.percentile)} of all, model ${epss.model})`]),
  ].join('; ');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function printFinding(terminal: Terminal, finding: ScanFinding): void {
  const { severity, rule, path, line, message, excerpt } = finding;
  const place = line === undefined ? path : `${path}:${line}`;
  terminal.out(
    `  ${terminal.paint(toneOf(severity), severity.padEnd(9))} ${forTerminal(`${message}  [${rule}]`, 500)}`,
  );
  terminal.out(
    `            ${forTerminal(place, 300)}${excerpt === undefined ? '' : `  ${forTerminal(excerpt, 160)}`}`,
  );
}

function toneOf(severity: Severity): Tone {
  if (severity === 'critical' || severity === 'high') return 'bad';
  return severity === 'medium' || severity === 'unknown' ? 'warn' : 'dim';
}
