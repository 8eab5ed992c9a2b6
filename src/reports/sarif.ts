/**
 * SARIF 2.1.0 (OASIS, with errata 01): findings of a scan and advisories that apply, for code scanning services.
 * A viewer reads links and placeholders in messages, and files in locations: hostile texts are told so that neither is.
 */
import type { AdvisoryMatch, Severity } from '../core/advisory.ts';
import { sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { Purl } from '../core/purl.ts';
import type { ScanFinding } from '../core/scan-report.ts';
import { compact, plainText } from './document.ts';

export type SarifFinding =
  /** In a file of a package. */
  | { readonly kind: 'scan'; readonly purl: Purl | undefined; readonly finding: ScanFinding }
  /** About a version that a file of the project locks. */
  | {
      readonly kind: 'advisory';
      readonly purl: Purl;
      readonly name: string;
      readonly version: string;
      readonly match: AdvisoryMatch;
      /** Relative path of the file that names it: a lockfile. */
      readonly path: string;
    };

export interface SarifInput {
  readonly tool: { readonly name: string; readonly version: string };
  readonly findings: readonly SarifFinding[];
  /** What could not be scanned, one sentence each: the run is then not told as successful. */
  readonly failures: readonly string[];
  /** What nobody asked for, one sentence each: told as notes. */
  readonly notChecked?: readonly string[];
}

/** Services take 25,000 results a run and refuse more (GitHub: "SARIF results per run"); reaching it is a failure told. */
const mostResults = 25_000;

export function sarifLog({ tool, findings, failures, notChecked = [] }: SarifInput): JsonObject {
  const told = findings.slice(0, mostResults);
  const rules = [...new Map(told.map((finding) => [ruleId(finding), finding]))].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const indexes = new Map(rules.map(([id], index) => [id, index]));
  const cut = findings.length - told.length;
  const notes = cut === 0 ? failures : [...failures, `${cut} more findings are not in this file`];
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { ...tool, rules: rules.map(([id, finding]) => ruleOf(id, finding)) } },
        invocations: [
          {
            executionSuccessful: notes.length === 0,
            toolExecutionNotifications: [
              ...notes.map((note) => ({ level: 'error', message: message(note) })),
              ...notChecked.map((note) => ({ level: 'note', message: message(note) })),
            ],
          },
        ],
        results: withFingerprints(told).map(([finding, fingerprint]) =>
          resultOf(finding, indexes.get(ruleId(finding)) ?? -1, fingerprint),
        ),
      },
    ],
  };
}

function ruleId(finding: SarifFinding): string {
  return plainText(finding.kind === 'scan' ? finding.finding.rule : finding.match.id, 200);
}

function ruleOf(id: string, finding: SarifFinding): JsonObject {
  const severity = severityOf(finding);
  return compact({
    id,
    shortDescription: message(finding.kind === 'scan' ? id : `${id}: ${finding.match.summary}`),
    properties: {
      tags:
        finding.kind === 'scan'
          ? ['security', finding.finding.area]
          : ['security', finding.match.malicious ? 'malware' : 'vulnerability'],
      'security-severity': scores[severity],
    },
  });
}

/** GitHub's `security-severity`: a number as text. A severity that nobody scored is not a low one. */
const scores: Readonly<Record<Severity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  none: '0.0',
  unknown: '7.0',
};

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  none: 'note',
  unknown: 'warning',
};

function severityOf(finding: SarifFinding): Severity {
  if (finding.kind === 'scan') return finding.finding.severity;
  return finding.match.malicious ? 'critical' : finding.match.severity;
}

/**
 * The same finding has the same fingerprint in the next version and on another line: rule, package and excerpt make
 * it, and a number for equal ones in one file.
 */
function withFingerprints(findings: readonly SarifFinding[]): readonly (readonly [SarifFinding, string])[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const parts =
      finding.kind === 'scan'
        ? [
            withoutVersion(finding.purl),
            finding.finding.path,
            (finding.finding.excerpt ?? '').replace(/\s+/g, ' '),
          ]
        : [withoutVersion(finding.purl), finding.path, finding.version];
    const key = sha256(JSON.stringify([ruleId(finding), ...parts])).slice(0, 40);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return [finding, `${key}-${count}`] as const;
  });
}

function withoutVersion(purl: Purl | undefined): string {
  return purl?.replace(/@[^@/]*$/, '') ?? '';
}

function resultOf(finding: SarifFinding, ruleIndex: number, fingerprint: string): JsonObject {
  return compact({
    ruleId: ruleId(finding),
    ruleIndex,
    level: levels[severityOf(finding)],
    message: message(textOf(finding)),
    locations: [locationOf(finding)],
    partialFingerprints: { 'assay/v1': fingerprint },
    properties: finding.kind === 'scan' ? undefined : likelihood(finding.match),
  });
}

/** How likely it is to be used, and whether it is; nothing where neither is known. */
function likelihood({ epss, kev }: AdvisoryMatch): JsonObject | undefined {
  if (epss === null && kev === null) return undefined;
  return compact({
    epss: epss?.score,
    epssPercentile: epss?.percentile,
    epssModel: epss?.model,
    knownExploitedSince: kev?.added,
    knownExploitedDue: kev?.due,
  });
}

function textOf(finding: SarifFinding): string {
  if (finding.kind === 'scan') {
    const { message: text, excerpt, capped } = finding.finding;
    const because = capped === undefined ? '' : ` (milder than the rule: ${capped})`;
    return `${text}${because}${excerpt === undefined ? '' : ` Found: ${excerpt}`}`;
  }
  const { name, version, match } = finding;
  const end = match.fixed.length === 0 ? 'No fixed version is known.' : `Fixed in ${match.fixed.join(', ')}.`;
  const severity = match.malicious ? 'malicious package' : `severity ${match.severity}`;
  const exploited = match.kev === null ? '' : ` Known to be exploited since ${match.kev.added}.`;
  const likely = match.epss === null ? '' : ` EPSS ${match.epss.score} (model ${match.epss.model}).`;
  return `${name}@${version}: ${match.id}, ${severity}.${exploited}${likely} ${match.summary} ${end}`;
}

function locationOf(finding: SarifFinding): JsonObject {
  const path = finding.kind === 'scan' ? finding.finding.path : finding.path;
  const startLine = (finding.kind === 'scan' ? finding.finding.line : undefined) ?? 1;
  return compact({
    physicalLocation: { artifactLocation: { uri: relativeUri(path) }, region: { startLine } },
    logicalLocations:
      finding.purl === undefined ? undefined : [{ fullyQualifiedName: finding.purl, kind: 'package' }],
  });
}

/** Always below where it is read: no scheme, no root, no way up, whatever the path says. */
function relativeUri(path: string): string {
  const parts = plainText(path, 1000)
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.')
    .map((part) => (part === '..' ? '__' : encodeURIComponent(part)));
  return parts.length === 0 ? '_' : parts.join('/');
}

/**
 * Plain text only: brackets would make links (section 3.11.6) and braces placeholders (3.11.5), so they are escaped as
 * the standard says.
 */
function message(text: string): JsonObject {
  return {
    text: plainText(text, 1000)
      .replace(/[\\[\]]/g, '\\$&')
      .replace(/[{}]/g, '$&$&'),
  };
}
