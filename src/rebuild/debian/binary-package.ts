/** A binary package as the signed index of an archive describes it. */
import { isSha256 } from '../../core/digest.ts';
import { debianVersionForm, packageNameForm } from './names.ts';
import type { Suite } from './archive.ts';
import { optionalField, requiredField, type Paragraph } from './deb822.ts';
import { archiveError, refusal } from './refusals.ts';
import type { IndexFile } from './release.ts';

export interface BinaryPackage {
  readonly name: string;
  readonly version: string;
  /** `all`, or the suite's. */
  readonly architecture: string;
  readonly source: { readonly name: string; readonly version: string };
  /** Below the archive's base URL. */
  readonly path: string;
  readonly file: IndexFile;
}

/** Without a version: the only one, or the last in the index. Throws DEBIAN_PACKAGE_ABSENT, DEBIAN_ARCHIVE_INVALID, and as reading the index does. */
export async function findBinary(suite: Suite, name: string, version?: string): Promise<BinaryPackage> {
  const found = await binariesNamed(suite, name);
  const wanted = found.filter((one) => version === undefined || one.version === version).at(-1);
  if (wanted === undefined)
    throw refusal(
      'DEBIAN_PACKAGE_ABSENT',
      `${suite.options.suite} has no package ${JSON.stringify(name)}${version === undefined ? '' : ` ${JSON.stringify(version)}`}` +
        (found.length === 0 ? '' : `; it has ${found.map((one) => one.version).join(', ')}`),
    );
  return wanted;
}

export async function binariesNamed(suite: Suite, name: string): Promise<readonly BinaryPackage[]> {
  const index = await suite.packages();
  return index.named(name).map((paragraph) => readBinary(paragraph));
}

/** Throws DEBIAN_ARCHIVE_INVALID. */
export function readBinary(paragraph: Paragraph): BinaryPackage {
  const what = `the package ${paragraph.get('package') ?? ''}`;
  const name = requiredField(paragraph, 'Package', what);
  const version = requiredField(paragraph, 'Version', what);
  const digest = requiredField(paragraph, 'SHA256', what);
  const size = requiredField(paragraph, 'Size', what);
  if (
    !packageNameForm.test(name) ||
    !debianVersionForm.test(version) ||
    !isSha256(digest) ||
    !/^\d{1,12}$/.test(size)
  )
    throw archiveError(`${what} has a name, version, size or digest that is none`);
  return {
    name,
    version,
    architecture: requiredField(paragraph, 'Architecture', what),
    source: sourceOf(optionalField(paragraph, 'Source', what), name, version),
    path: requiredField(paragraph, 'Filename', what),
    file: { sha256: digest, sizeBytes: Number(size) },
  };
}

/** Policy 5.6.1: nothing, `name`, or `name (version)`. */
export function sourceOf(field: string | undefined, name: string, version: string): BinaryPackage['source'] {
  if (field === undefined) return { name, version };
  const match = /^(\S+)(?: \((\S+)\))?$/.exec(field);
  const source = { name: match?.[1] ?? '', version: match?.[2] ?? version };
  if (!packageNameForm.test(source.name) || !debianVersionForm.test(source.version))
    throw archiveError(`the package ${name} names a source that is none`);
  return source;
}
