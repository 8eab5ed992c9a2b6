/** A source package: its paragraph in the signed index, its `.dsc`, and its files, each by SHA-256. */
import { sha256, type Sha256 } from '../../core/digest.ts';
import type { FoundSource } from '../../core/rebuild.ts';
import type { Suite } from './archive.ts';
import type { BinaryPackage } from './binary-package.ts';
import { optionalField, readParagraph, requiredField, textOf, type Paragraph } from './deb822.ts';
import { debianVersionForm, packageNameForm, sourceFileForm } from './names.ts';
import { archiveError, refusal } from './refusals.ts';
import { readChecksums, type IndexFile } from './release.ts';

export interface SourcePackage {
  readonly name: string;
  readonly version: string;
  /** Folder below the archive's base URL. */
  readonly folder: string;
  readonly dscName: string;
  readonly dsc: Sha256;
  /** With the `.dsc`; name → what its bytes are. */
  readonly files: ReadonlyMap<string, IndexFile>;
  /** The fields of the `.dsc`: what it is built with and for. */
  readonly fields: Paragraph;
}

export interface SourceFile {
  readonly name: string;
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
}

const mostSourceBytes = 1024 * 1024 * 1024;

/**
 * Of the signed index. The `.dsc` has to name the same files with the same digests. Throws DEBIAN_PACKAGE_ABSENT,
 * DEBIAN_ARCHIVE_INVALID, DEBIAN_FILE_INVALID, SOURCE_UNREADABLE, UPSTREAM_*, STORAGE_*.
 */
export async function findSourcePackage(suite: Suite, name: string, version: string): Promise<SourcePackage> {
  const index = await suite.sources();
  const what = `the source ${name} ${version}`;
  const [paragraph, ...more] = index.named(name).filter((one) => one.get('version') === version);
  if (paragraph === undefined)
    throw refusal('DEBIAN_PACKAGE_ABSENT', `${suite.options.suite} has not ${what}`);
  if (more.length > 0) throw archiveError(`${what} is twice in the index`);
  const files = readChecksums(paragraph.get('checksums-sha256'), what);
  const folder = requiredField(paragraph, 'Directory', what);
  const dscName = onlyDsc(files, what);
  checkFiles(files, what);
  const claimed = files.get(dscName);
  if (claimed === undefined) throw archiveError(`${what} has no .dsc`);
  const fields = readDsc(await suite.file(`${folder}/${dscName}`, claimed), what);
  checkDsc(fields, { name, version, files, dscName }, what);
  return { name, version, folder, dscName, dsc: claimed.sha256, files, fields };
}

function onlyDsc(files: ReadonlyMap<string, IndexFile>, what: string): string {
  const [dsc, ...more] = [...files.keys()].filter((name) => name.endsWith('.dsc'));
  if (dsc === undefined || more.length > 0) throw archiveError(`${what} has no .dsc, or more than one`);
  return dsc;
}

function checkFiles(files: ReadonlyMap<string, IndexFile>, what: string): void {
  let bytes = 0;
  for (const [name, { sizeBytes }] of files) {
    if (!sourceFileForm.test(name)) throw archiveError(`${what} has a file that is named as none may be`);
    bytes += sizeBytes;
  }
  if (bytes > mostSourceBytes) throw archiveError(`${what} is larger than ${mostSourceBytes} bytes`);
}

/**
 * The `.dsc` is believed because the signed index names its digest. Its own signature is a developer's, whose key is in
 * no keyring that is pinned: only the text within it is read, and it is claimed by nobody that it was checked.
 */
export function readDsc(bytes: Uint8Array, what: string): Paragraph {
  const text = textOf(bytes, `the .dsc of ${what}`);
  const begin = '-----BEGIN PGP SIGNED MESSAGE-----\n';
  if (!text.startsWith(begin)) return readParagraph(text, `the .dsc of ${what}`);
  const headersEnd = text.indexOf('\n\n');
  const end = text.indexOf('\n-----BEGIN PGP SIGNATURE-----\n');
  if (headersEnd === -1 || end < headersEnd)
    throw archiveError(`the .dsc of ${what} begins with a signature that does not end`);
  const inner = text.slice(headersEnd + 2, end).replace(/^- /gm, '');
  if (inner.includes('-----BEGIN'))
    throw archiveError(`the .dsc of ${what} has a signed text within another`);
  return readParagraph(inner, `the .dsc of ${what}`);
}

/** Index and `.dsc` must say the same: else what is built is not what the index names. */
function checkDsc(
  fields: Paragraph,
  of: Pick<SourcePackage, 'name' | 'version' | 'files' | 'dscName'>,
  what: string,
): void {
  const dsc = `the .dsc of ${what}`;
  const [name, version] = [requiredField(fields, 'Source', dsc), requiredField(fields, 'Version', dsc)];
  if (!packageNameForm.test(name) || !debianVersionForm.test(version))
    throw archiveError(`${dsc} names a source or version that is none`);
  if (name !== of.name || version !== of.version) throw archiveError(`${dsc} is that of ${name} ${version}`);
  const own = readChecksums(fields.get('checksums-sha256'), dsc);
  const others = [...of.files].filter(([file]) => file !== of.dscName);
  const same =
    own.size === others.length &&
    others.every(([file, { sha256: digest, sizeBytes }]) => {
      const claimed = own.get(file);
      return claimed?.sha256 === digest && claimed.sizeBytes === sizeBytes;
    });
  if (!same) throw archiveError(`${dsc} and the signed index name different files`);
}

/** All of its bytes, verified. Throws DEBIAN_FILE_INVALID, SOURCE_UNREADABLE, UPSTREAM_*, STORAGE_*. */
export async function fetchSource(suite: Suite, source: SourcePackage): Promise<readonly SourceFile[]> {
  const fetched: SourceFile[] = [];
  for (const [name, claimed] of source.files) {
    const bytes = await suite.file(`${source.folder}/${name}`, claimed);
    fetched.push({ name, sha256: sha256(bytes), bytes });
  }
  return fetched;
}

/** The source of a binary package, graded: what a person approves is the archive's keys and the source's name. */
export function foundSource(suite: Suite, binary: BinaryPackage, source: SourcePackage): FoundSource {
  const { archive, suite: name, component } = suite.options;
  const vcs = optionalField(source.fields, 'Vcs-Browser', 'the .dsc');
  return {
    source: {
      kind: 'debian-source',
      archive,
      suite: name,
      component,
      name: source.name,
      version: source.version,
      dsc: source.dsc,
      signedBy: suite.signedBy,
    },
    identity: {
      repository: `${archive.replace(/\/+$/, '')} ${name} ${source.name}`,
      repositoryId: undefined,
      ownerId: undefined,
      keys: suite.signedBy,
    },
    grade: 'debian-source',
    confidence: 'high',
    reachable: 'not-available',
    because: [
      ...suite.because,
      `Its index names ${binary.name} ${binary.version} as built from ${source.name} ${source.version}.`,
      `${source.dscName} and its ${source.files.size - 1} other files have the SHA-256 that the signed index names.`,
      'Whether a commit is reachable is not a question here: a person approves the source.',
      ...(vcs === undefined
        ? []
        : [`The package says it is developed at ${vcs.slice(0, 200)}; that was not checked.`]),
    ],
    disagreements: [],
  };
}
