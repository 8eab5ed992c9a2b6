/** The scan that evidence was made from, and that of the version before: as their reports were kept. */
import type { ArchiveReading } from '../../core/archive-reading.ts';
import type { CollectorInput } from '../../core/collector.ts';
import type { ArtifactDigests, Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { Evidence } from '../../core/evidence.ts';
import { ownString } from '../../core/json.ts';
import { parsePurl } from '../../core/purl.ts';
import type { ScanReport } from '../../core/scan-report.ts';
import type { Subject } from '../../core/subject.ts';
import type { Storage } from '../../storage/open.ts';

export interface ScanDeps {
  readonly storage: Pick<Storage, 'admission' | 'blobs' | 'scans'>;
}

type Scanned = Pick<CollectorInput, 'archive' | 'scan' | 'previousScan'>;

const readingBytes = 64 * 1024 * 1024;
const reportBytes = 32 * 1024 * 1024;

/** A sentence when it is no longer kept. Throws STORAGE_*. */
export async function scanOf(
  deps: ScanDeps,
  subject: Subject,
  artifact: ArtifactDigests,
  evidence: readonly Evidence[],
): Promise<Scanned | string> {
  const { admission } = deps.storage;
  const reading = (await admission.artifact(artifact.sha256))?.reading;
  const archive = reading && (await kept<ArchiveReading>(deps, reading, readingBytes));
  if (archive === undefined) return 'what was read of the archive is not stored any more';
  const read = { archive: { state: 'read', reading: archive } } as const;
  if (archive.verdict !== 'agreed') {
    const scan = { state: 'not-scanned', message: 'the archive was not accepted' } as const;
    return { ...read, scan, previousScan: undefined };
  }
  const rules = rulesIn(evidence);
  if (rules === undefined) return 'which rules it was scanned by is not on record';
  const version = factOf(evidence, 'capabilities', 'comparedWith');
  const before = version === undefined ? undefined : await digestsOf(deps, subject, version);
  if (version !== undefined && before === undefined)
    return `the bytes of ${version}, which it was compared with, are on no record`;
  const report =
    (before && (await reportOf(deps, { artifact: artifact.sha256, rules, base: before }))) ??
    (await reportOf(deps, { artifact: artifact.sha256, rules, base: undefined }));
  if (report === undefined) return 'the report of the scan is not stored any more';
  const scan = { state: 'scanned', report } as const;
  if (version === undefined || before === undefined) return { ...read, scan, previousScan: undefined };
  const previous = await reportOf(deps, { artifact: before, rules, base: undefined });
  if (previous === undefined)
    return `the report of ${version}, which it was compared with, is not stored any more`;
  return { ...read, scan, previousScan: { version, outcome: { state: 'scanned', report: previous } } };
}

function rulesIn(evidence: readonly Evidence[]): string | undefined {
  const [scanner, rules] = ['scanner', 'rules'].map((fact) => factOf(evidence, 'malware', fact));
  return scanner === undefined || rules === undefined ? undefined : `${scanner} ${rules}`;
}

function factOf(evidence: readonly Evidence[], kind: string, fact: string): string | undefined {
  return ownString(evidence.find((one) => one.kind === kind)?.facts ?? {}, fact);
}

async function digestsOf(
  { storage }: ScanDeps,
  { upstream, purl }: Subject,
  version: string,
): Promise<Sha256 | undefined> {
  const releases = await storage.admission.releasesOf(upstream, parsePurl(purl).name);
  return releases.find((one) => one.version === version && one.digests !== undefined)?.digests?.sha256;
}

async function reportOf(
  deps: ScanDeps,
  key: Parameters<Storage['scans']['of']>[0],
): Promise<ScanReport | undefined> {
  const known = await deps.storage.scans.of(key);
  return known?.report === undefined ? undefined : kept<ScanReport>(deps, known.report, reportBytes);
}

/** Undefined when it is lost or damaged. */
async function kept<T>({ storage }: ScanDeps, digest: Sha256, mostBytes: number): Promise<T | undefined> {
  try {
    return JSON.parse(Buffer.from(await storage.blobs.read(digest, mostBytes)).toString('utf8')) as T;
  } catch (error) {
    if (isAssayError(error) && error.code.startsWith('BLOB_')) return undefined;
    throw error;
  }
}
