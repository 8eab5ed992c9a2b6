/** The signed list of an archive: which indexes a suite has, and of what bytes. Pure. */
import { isSha256, type Sha256 } from '../../core/digest.ts';
import { optionalField, readParagraph, requiredField } from './deb822.ts';
import { archiveError, refusal } from './refusals.ts';

export interface Release {
  readonly suite: string | undefined;
  readonly codename: string;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /** Milliseconds since the epoch. */
  readonly date: number;
  /** Undefined: the archive promises no end (Debian's stable suites). */
  readonly validUntil: number | undefined;
  readonly byHash: boolean;
  /** Path below the suite's folder → what its bytes are. By SHA-256 alone. */
  readonly files: ReadonlyMap<string, IndexFile>;
}

export interface IndexFile {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

const mostFiles = 100_000;

/** `text`: what was signed, nothing else. Throws DEBIAN_ARCHIVE_INVALID. */
export function readRelease(text: string): Release {
  const what = 'the Release file';
  const fields = readParagraph(text, what);
  const validUntil = optionalField(fields, 'Valid-Until', what);
  const words = (name: string): readonly string[] =>
    requiredField(fields, name, what)
      .split(/\s+/)
      .filter((word) => word !== '');
  return {
    suite: optionalField(fields, 'Suite', what),
    codename: requiredField(fields, 'Codename', what),
    components: words('Components'),
    architectures: words('Architectures'),
    date: instant(requiredField(fields, 'Date', what)),
    validUntil: validUntil === undefined ? undefined : instant(validUntil),
    byHash: optionalField(fields, 'Acquire-By-Hash', what)?.toLowerCase() === 'yes',
    files: readChecksums(fields.get('sha256'), what),
  };
}

/** Lines of `<sha256> <size> <name>`. Throws DEBIAN_ARCHIVE_INVALID, also where one name is there twice. */
export function readChecksums(value: string | undefined, what: string): ReadonlyMap<string, IndexFile> {
  if (value === undefined) throw archiveError(`${what} names no file by SHA-256`);
  const files = new Map<string, IndexFile>();
  for (const line of value.split('\n')) {
    if (line.trim() === '') continue;
    const [sha256 = '', size = '', path = '', ...rest] = line.trim().split(/\s+/);
    if (!isSha256(sha256) || !/^(?:0|[1-9]\d{0,14})$/.test(size) || path === '' || rest.length > 0)
      throw archiveError(`${what} has a line of SHA-256 that is none`);
    if (files.has(path)) throw archiveError(`${what} names a file twice`);
    if (files.size >= mostFiles) throw archiveError(`${what} names more than ${mostFiles} files`);
    files.set(path, { sha256, sizeBytes: Number(size) });
  }
  return files;
}

/** RFC 9110's form, always in UTC, as deb-repository's Release files have it. */
function instant(text: string): number {
  const form = /^[A-Z][a-z]{2}, +\d{1,2} [A-Z][a-z]{2} \d{4} +\d{1,2}:\d\d:\d\d (?:UTC|GMT|\+0000|Z)$/;
  const at = form.test(text) ? Date.parse(text.replace(/(?:UTC|\+0000|Z)$/, 'GMT')) : Number.NaN;
  if (Number.isNaN(at))
    throw archiveError(`the Release file has ${JSON.stringify(text.slice(0, 60))} as a time`);
  return at;
}

/** What was seen of the suite the last time; durable. */
export interface ReleaseMemory {
  readonly date: number;
  /** Of the signed text. */
  readonly sha256: Sha256;
}

export interface Freshness {
  readonly suite: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly before: ReleaseMemory | undefined;
  /** Of the signed text. */
  readonly sha256: Sha256;
}

/** A clock may be wrong by this much. */
const skewMs = 24 * 3_600_000;

/** Throws DEBIAN_ARCHIVE_INVALID, DEBIAN_RELEASE_EXPIRED, DEBIAN_RELEASE_REPLAYED. */
export function checkFresh(release: Release, { suite, now, before, sha256 }: Freshness): void {
  const { codename, date, validUntil } = release;
  // Without this, a validly signed older distribution could be served under this one's name.
  if (codename !== suite && release.suite !== suite)
    throw archiveError(`the Release file is that of ${codename}, and ${suite} was asked for`);
  if (date > now + skewMs)
    throw refusal('DEBIAN_RELEASE_EXPIRED', `the Release file of ${suite} is of the future`);
  if (validUntil !== undefined && validUntil < now)
    throw refusal(
      'DEBIAN_RELEASE_EXPIRED',
      `the Release file of ${suite} was valid until ${new Date(validUntil).toISOString()}`,
    );
  if (before === undefined || before.sha256 === sha256) return;
  if (date <= before.date)
    throw refusal(
      'DEBIAN_RELEASE_REPLAYED',
      `the Release file of ${suite} is of ${new Date(date).toISOString()}, and another one of ${new Date(before.date).toISOString()} was seen already`,
    );
}
