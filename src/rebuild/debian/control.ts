/** The control file of a binary package, field by field. */
import type {
  ComparedMember,
  FieldDifference,
  ManifestComparison,
  Side,
} from '../../core/comparison-input.ts';
import { isAssayError } from '../../core/errors.ts';
import { readParagraph, textOf, type Paragraph } from './deb822.ts';
import { ownersPath } from './deb.ts';

/** Fields that only describe: a difference is none of what is installed, and nothing else is forgiven either. */
const describing = new Set([
  'description',
  'homepage',
  'maintainer',
  'original-maintainer',
  'installed-size',
  'section',
  'priority',
  'tag',
]);

const installedSize = { name: 'installed-size', version: '1' } as const;

/** Field by field; none is ever forgiven but the size that follows from the files. */
export function compareControl(
  published: Uint8Array,
  built: Uint8Array,
  sides: Readonly<Record<Side, readonly ComparedMember[]>>,
): ManifestComparison {
  const [upstream, rebuilt] = [readControl(published), readControl(built)];
  if (upstream === undefined || rebuilt === undefined)
    return {
      differences: [
        {
          field: '',
          grade: 'suspicious',
          rule: 'debian/control-form',
          reason: 'The control file of a side is not in the form that it has to have.',
          shown: undefined,
        },
      ],
      canonical: { upstream: published, rebuilt: built },
      used: [],
    };
  const sizeFollows =
    upstream.get(sizeField) !== rebuilt.get(sizeField) &&
    upstream.get(sizeField) === sizeOf(sides.upstream) &&
    rebuilt.get(sizeField) === sizeOf(sides.rebuilt);
  const canonical = sizeFollows
    ? { upstream: withoutSize(published), rebuilt: withoutSize(built) }
    : { upstream: published, rebuilt: built };
  const differences: FieldDifference[] = [];
  for (const field of [...new Set([...upstream.keys(), ...rebuilt.keys()])].sort()) {
    const [theirs, ours] = [upstream.get(field), rebuilt.get(field)];
    if (theirs !== ours) differences.push(fieldDifference(field, theirs, ours, sizeFollows));
  }
  const explained = differences.every(({ grade }) => grade === 'benign');
  if (explained && Buffer.compare(canonical.upstream, canonical.rebuilt) !== 0)
    differences.push({
      field: '',
      grade: 'unexplained',
      rule: 'debian/control-order',
      reason: 'The control file has the same fields in another order or form.',
      shown: undefined,
    });
  return { differences, canonical, used: sizeFollows ? [installedSize] : [] };
}

const sizeField = 'installed-size';

/**
 * What dpkg-gencontrol reckons (deb-substvars(5)): each file and link in whole KiB, one for everything else, the folder of the
 * control files and what is in it by then, too. Where a package says another size, nobody knows why, and nothing is forgiven.
 */
function sizeOf(members: readonly ComparedMember[]): string {
  const kibibytes = (bytes: number): number => Math.ceil(bytes / 1024);
  let size = 1;
  for (const { path, type, content, linkTarget } of members) {
    // Both are written after it was reckoned.
    if (['control', 'control/control', 'control/md5sums', ownersPath].includes(path) || type === 'hardlink')
      continue;
    if (type === 'file') size += kibibytes(content.length);
    else size += type === 'symlink' ? kibibytes(Buffer.byteLength(linkTarget ?? '')) : 1;
  }
  return String(size);
}

/** Read already: the field is there once. */
function withoutSize(control: Uint8Array): Uint8Array {
  const text = Buffer.from(control).toString('latin1');
  return Buffer.from(text.replace(/^(Installed-Size:) \d+$/m, '$1 <assay:size>'), 'latin1');
}

function readControl(bytes: Uint8Array): Paragraph | undefined {
  try {
    return readParagraph(textOf(bytes, 'control'), 'control');
  } catch (error) {
    if (isAssayError(error, 'DEBIAN_ARCHIVE_INVALID')) return undefined;
    throw error;
  }
}

/** Fields of relations, whose bounds a build takes from the libraries that it finds. */
const relations = new Set(['pre-depends', 'depends', 'recommends', 'suggests', 'enhances']);

function fieldDifference(
  field: string,
  theirs: string | undefined,
  ours: string | undefined,
  sizeFollows: boolean,
): FieldDifference {
  const shown = `- ${field}: ${ours ?? '(none)'}\n+ ${field}: ${theirs ?? '(none)'}\n`;
  if (sizeFollows && field === sizeField)
    return {
      field,
      grade: 'benign',
      rule: installedSize.name,
      reason: 'The size is what the files of each side take; the files are compared themselves.',
      shown,
    };
  if (describing.has(field))
    return {
      field,
      grade: 'unexplained',
      rule: 'debian/control-description',
      reason: `The control file describes the package otherwise, in ${field}.`,
      shown,
    };
  if (relations.has(field) && withoutBounds(theirs) === withoutBounds(ours))
    return {
      field,
      grade: 'unexplained',
      rule: 'debian/control-bounds',
      reason: `The control field ${field} names the same packages, from other versions on: a build takes these from the libraries that it finds.`,
      shown,
    };
  return {
    field,
    grade: 'suspicious',
    rule: 'debian/control-field',
    reason: `The control field ${field} differs: it decides what is installed, where, or with what.`,
    shown,
  };
}

/** Lower bounds alone: an upper one keeps updates away. */
function withoutBounds(value: string | undefined): string | undefined {
  return value?.replaceAll(/ \(>= [A-Za-z0-9.+:~-]{1,120}\)/g, '');
}
