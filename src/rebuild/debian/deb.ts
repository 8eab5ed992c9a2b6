/**
 * A binary package as a comparison takes it. Its compressed parts are inflated in the sandbox (`inflate.ts`), by the
 * programs that also unpack it on a user's machine; what is read here is the same package without compression.
 */
import type { ComparedArchive, ComparedMember } from '../../core/comparison-input.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import { readAr, writeAr, type ArMember } from './ar.ts';
import { readDebTar, type DebMember } from './deb-tar.ts';
import { archiveError } from './refusals.ts';

export const compressions = ['', '.gz', '.xz', '.zst'] as const;
export type Compression = (typeof compressions)[number];

export interface DebPart {
  readonly compression: Compression;
  readonly bytes: Uint8Array;
}

export interface DebParts {
  readonly control: DebPart;
  readonly data: DebPart;
}

/** `debian-binary`, `control.tar`, `data.tar`, and nothing else. Throws DEBIAN_ARCHIVE_INVALID. */
export function readDebParts(bytes: Uint8Array): DebParts {
  const [version, control, data, ...more] = readAr(bytes);
  if (version?.name !== 'debian-binary' || Buffer.from(version.bytes).toString('latin1') !== '2.0\n')
    throw archiveError('a package is of another version than 2.0');
  if (more.length > 0) throw archiveError('a package has members that dpkg leaves unread');
  return { control: partOf(control, 'control.tar'), data: partOf(data, 'data.tar') };
}

function partOf(member: ArMember | undefined, name: string): DebPart {
  const compression = compressions.find((one) => member?.name === `${name}${one}`);
  if (member === undefined || compression === undefined)
    throw archiveError(`a package has no ${name} where it has to be`);
  return { compression, bytes: member.bytes };
}

/** The same package without compression and without times of its own. */
export function writePlainDeb(control: Uint8Array, data: Uint8Array): Uint8Array {
  return writeAr([
    { name: 'debian-binary', bytes: Buffer.from('2.0\n') },
    { name: 'control.tar', bytes: control },
    { name: 'data.tar', bytes: data },
  ]);
}

/** Where the owners of members stand that are not root's. */
export const ownersPath = 'owners';

/** `d0`: of the package as it came. What cannot be read is a refusal, not an error. */
export function readPlainDeb(plain: Uint8Array, d0: Sha256): ComparedArchive {
  const d1 = sha256(plain);
  try {
    const { control, data } = readDebParts(plain);
    if (control.compression !== '' || data.compression !== '')
      throw archiveError('a part of a package cannot be inflated');
    const members = [
      ...readDebTar(control.bytes).map((member) => below('control', member)),
      ...readDebTar(data.bytes).map((member) => below('data', member)),
    ];
    return { d0, d1, refusals: [], members: [...members.map(withoutOwner), ownersOf(members)] };
  } catch (error) {
    if (!isAssayError(error, 'DEBIAN_ARCHIVE_INVALID')) throw error;
    return { d0, d1, refusals: [{ id: 'archive/debian', message: `${error.message}.` }], members: [] };
  }
}

function below(folder: string, member: DebMember): DebMember {
  const at = (path: string): string => (path === '' ? folder : `${folder}/${path}`);
  const { linkTarget } = member;
  return {
    ...member,
    path: at(member.path),
    linkTarget: member.type === 'hardlink' && linkTarget !== undefined ? at(linkTarget) : linkTarget,
  };
}

function withoutOwner({ path, type, mode, linkTarget, content }: DebMember): ComparedMember {
  return { path, type, mode, linkTarget, content };
}

/** A file of its own, so that an owner that differs is a difference like others: setgid means nothing without a group. */
function ownersOf(members: readonly DebMember[]): ComparedMember {
  const lines = members
    .filter(({ owner }) => owner !== '0:0 root:root')
    .map(({ path, owner }) => `${owner} ${JSON.stringify(path)}\n`)
    .sort();
  const content = Buffer.from(lines.join(''), 'utf8');
  return { path: ownersPath, type: 'file', mode: 0o644, linkTarget: undefined, content };
}
