/**
 * What a build stands on: every tool and package that went in, each with its own class. A match proves nothing of the tools that
 * both sides were built with, so they are shown beside it.
 */
import type { Sha256 } from '../core/digest.ts';
import { formatPurl, type Purl } from '../core/purl.ts';
import { classGrades, type BuildInput, type ClassGrade, type PackageClass } from '../core/rebuild.ts';

/** What chose the packages (indexes, lockfiles) is no part of what was built with, and the source is told for itself. */
export const foundationRoles = ['base', 'toolchain', 'dependency', 'build-dependency'] as const;
export type FoundationRole = (typeof foundationRoles)[number];

export interface ClassedInput extends Pick<PackageClass, 'class' | 'grade'> {
  readonly role: FoundationRole;
  /** As it is on record: hostile text. */
  readonly name: string;
  /** Undefined of a base, which is many packages. */
  readonly purl: Purl | undefined;
  /** The gate looked at it before it went in. */
  readonly assayed: boolean;
  /** The scanner took it for malware, and it was let in for its age. */
  readonly suspected: boolean;
}

export interface RoleCount {
  readonly role: FoundationRole;
  readonly total: number;
  readonly secure: number;
  readonly grades: Readonly<Record<ClassGrade, number>>;
}

export interface StandsOn {
  /** By role; Secure last, so that what is weakest is read first; then by name. */
  readonly inputs: readonly ClassedInput[];
  /** Roles that there are, in their order. */
  readonly counts: readonly RoleCount[];
}

/** `classOf` by what was built here, and by upstream's own word; an input of unknown kind is Community and unverified. */
export function standsOn(
  inputs: readonly BuildInput[],
  classOf: (
    purl: Purl,
    artifact: Sha256,
    upstream: { readonly attested: boolean; readonly signed: boolean },
  ) => PackageClass,
): StandsOn {
  const classed = inputs.flatMap((input): ClassedInput[] => {
    const role = foundationRoles.find((one) => one === input.role);
    if (role === undefined) return [];
    return input.contains === undefined ? [classedInput(input, role, classOf)] : input.contains.map(inBase);
  });
  const counts = foundationRoles.flatMap((role) => {
    const of = classed.filter((one) => one.role === role);
    return of.length === 0 ? [] : [countOf(role, of)];
  });
  return { inputs: classed.sort(weakestFirst), counts };
}

function classedInput(
  input: BuildInput,
  role: FoundationRole,
  classOf: Parameters<typeof standsOn>[1],
): ClassedInput {
  const purl = purlOf(input, role);
  const artifact = input.digest['sha256'] as Sha256 | undefined;
  const upstream = { attested: input.vouched === 'attested', signed: isSigned(input, role) };
  const known: Pick<PackageClass, 'class' | 'grade'> =
    purl === undefined || artifact === undefined
      ? { class: 'community', grade: upstream.signed ? 'signed' : 'unverified' }
      : classOf(purl, artifact, upstream);
  const { class: of, grade } = known;
  const { decision, suspected = false } = input;
  return { role, name: input.name, purl, class: of, grade, assayed: decision !== undefined, suspected };
}

/** Known by its name alone, so that no build of it here can be told to be the same bytes. */
function inBase(name: string): ClassedInput {
  const common = { role: 'base', class: 'community', grade: 'signed' } as const;
  return { ...common, name, purl: undefined, assayed: false, suspected: false };
}

/** A base is made of packages of a Debian archive, and its build dependencies are: its key signed them all. */
function isSigned({ vouched }: BuildInput, role: FoundationRole): boolean {
  return role === 'base' || role === 'build-dependency' || vouched !== undefined;
}

function purlOf({ name }: BuildInput, role: FoundationRole): Purl | undefined {
  if (role === 'build-dependency') {
    const [of, version] = name.split(' ');
    return of === undefined || of === '' || version === undefined
      ? undefined
      : formatPurl('debian', of, version);
  }
  const at = name.lastIndexOf('@');
  return role === 'base' || at < 1 ? undefined : formatPurl('npm', name.slice(0, at), name.slice(at + 1));
}

function countOf(role: FoundationRole, of: readonly ClassedInput[]): RoleCount {
  const grades = Object.fromEntries(
    classGrades.map((grade) => [grade, of.filter((one) => one.grade === grade).length]),
  ) as Record<ClassGrade, number>;
  return { role, total: of.length, secure: of.filter((one) => one.class === 'secure').length, grades };
}

function weakestFirst(a: ClassedInput, b: ClassedInput): number {
  const role = foundationRoles.indexOf(a.role) - foundationRoles.indexOf(b.role);
  if (role !== 0) return role;
  const grade = classGrades.indexOf(b.grade) - classGrades.indexOf(a.grade);
  if (grade !== 0) return grade;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
