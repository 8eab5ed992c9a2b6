/** A report as it crosses from the child. The parent trusts nothing of it: every value is checked on arrival. */
import { severities, type Severity } from '../core/advisory.ts';
import { isSha256 } from '../core/digest.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../core/json.ts';
import type { LicenceFinding, ScanFinding, ScanReport } from '../core/scan-report.ts';
import type { ScanHints } from './package-scan.ts';
import type { MemberLimits } from './tarball.ts';

export interface ScanJob {
  readonly kind: 'tarball' | 'folder';
  readonly path: string;
  readonly packedBytes: number;
  readonly limits: MemberLimits;
  /** Undefined: the child reads them from the package itself. */
  readonly hints?: ScanHints;
}

const batch = 50;
const mostFindings = 500;
const mostLicences = 2000;

/** Returns what the last message holds. */
export function sendReport(report: ScanReport, sendPart: (part: Json) => void): JsonObject {
  const { findings, licences, ...rest } = report;
  for (let at = 0; at < findings.length; at += batch)
    sendPart({ findings: plain(findings.slice(at, at + batch)) });
  for (let at = 0; at < Math.min(licences.length, mostLicences); at += batch)
    sendPart({ licences: plain(licences.slice(at, at + batch)) });
  return plain(rest) as JsonObject;
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

export interface ReportReceiver {
  /** Throws when the part is not one a child may send. */
  readonly part: (part: Json) => void;
  readonly end: (end: Json) => ScanReport;
}

export function receiveReport(): ReportReceiver {
  const findings: ScanFinding[] = [];
  const licences: LicenceFinding[] = [];
  return {
    part: (part) => {
      if (!isJsonObject(part)) throw malformed();
      for (const item of list(own(part, 'findings') ?? [])) findings.push(findingOf(item));
      for (const item of list(own(part, 'licences') ?? [])) licences.push(licenceOf(item));
      if (findings.length > mostFindings || licences.length > mostLicences) throw malformed();
    },
    end: (end) => {
      if (!isJsonObject(end)) throw malformed();
      const print = ownObject(end, 'fingerprint');
      const rules = ownString(end, 'rules') ?? '';
      const scanner = ownString(end, 'scanner') ?? '';
      if (
        print === undefined ||
        own(end, 'schema') !== 1 ||
        !isSha256(rules) ||
        !/^[\w.-]{1,40}$/.test(scanner)
      )
        throw malformed();
      const total = count(own(end, 'findingsTotal'));
      if (total < findings.length) throw malformed();
      return {
        schema: 1,
        scanner,
        rules,
        bytesPresent: count(own(end, 'bytesPresent')),
        bytesScanned: count(own(end, 'bytesScanned')),
        files: count(own(end, 'files')),
        parsedFiles: count(own(end, 'parsedFiles')),
        findings,
        findingsTotal: total,
        fingerprint: {
          capabilities: words(own(print, 'capabilities'), /^(?:install:)?[a-z-]{1,40}$/, 100),
          hosts: words(own(print, 'hosts'), /^[a-z0-9.-]{1,255}$/, 64),
          threats: words(own(print, 'threats'), rulePattern, 500),
        },
        licences,
        score: scoreOf(own(end, 'score')),
      };
    },
  };
}

const rulePattern = /^(?:malware|secret|configuration|limits)\/[a-z0-9-]{1,60}$/;
const areas = ['malware', 'secret', 'configuration', 'limits'] as const;

function findingOf(item: Json): ScanFinding {
  if (!isJsonObject(item)) throw malformed();
  const area = areas.find((name) => name === ownString(item, 'area'));
  const severity = severities.find((name): name is Severity => name === ownString(item, 'severity'));
  const rule = ownString(item, 'rule') ?? '';
  const line = own(item, 'line');
  if (area === undefined || severity === undefined || !rulePattern.test(rule)) throw malformed();
  return {
    rule,
    area,
    severity,
    path: text(own(item, 'path'), 600),
    line: line === undefined || line === null ? undefined : count(line),
    excerpt: optionalText(own(item, 'excerpt'), 160),
    message: text(own(item, 'message'), 500),
    capped: optionalText(own(item, 'capped'), 100),
  };
}

function licenceOf(item: Json): LicenceFinding {
  if (!isJsonObject(item)) throw malformed();
  const similarity = own(item, 'similarity');
  if (typeof similarity !== 'number' || !(similarity >= 0 && similarity <= 1)) throw malformed();
  return {
    path: text(own(item, 'path'), 600),
    id: optionalText(own(item, 'id'), 100),
    also: words(own(item, 'also'), /^[\w.+-]{1,100}$/, 50),
    similarity,
  };
}

function scoreOf(value: Json | undefined): ScanReport['score'] {
  if (value === null) return null;
  if (!isJsonObject(value)) throw malformed();
  const number = own(value, 'value');
  const because = list(own(value, 'because')).map((line) => text(line, 1000));
  if (typeof number !== 'number' || !(number >= 0 && number <= 10) || because.length > 20) throw malformed();
  return { value: number, because };
}

function words(value: Json | undefined, form: RegExp, most: number): readonly string[] {
  const all = list(value);
  if (all.length > most) throw malformed();
  return all.map((word) => {
    if (typeof word !== 'string' || !form.test(word)) throw malformed();
    return word;
  });
}

function text(value: Json | undefined, most: number): string {
  if (typeof value !== 'string' || value.length > most) throw malformed();
  return value.toWellFormed();
}

function optionalText(value: Json | undefined, most: number): string | undefined {
  return value === undefined || value === null ? undefined : text(value, most);
}

function count(value: Json | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed();
}

function list(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw malformed();
}

function malformed(): Error {
  return new Error('not a scan report');
}
