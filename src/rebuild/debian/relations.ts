/** Relations between packages (Debian Policy 7.1), as `Build-Depends` has them. Pure. */
import { packageNameForm } from './names.ts';
import { archiveError } from './refusals.ts';

/** One of several packages is enough. */
export type Alternatives = readonly string[];

export interface BuildSetting {
  /** As Debian names it: `amd64`. */
  readonly architecture: string;
  /** Build profiles that are on, for example `nocheck`. */
  readonly profiles: readonly string[];
}

const mostRelations = 2000;
const relationForm =
  /^([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9-]+)?(?:\s*\(\s*(?:<<|<=|=|>=|>>)\s*[^\s()]+\s*\))?(?:\s*\[([^[\]]*)\])?((?:\s*<[^<>]*>)*)$/;

/**
 * Versions are left to dpkg, which checks them before it builds. Relations that are not of this architecture or profile
 * are left out. Throws DEBIAN_ARCHIVE_INVALID.
 */
export function readRelations(field: string | undefined, setting: BuildSetting): readonly Alternatives[] {
  if (field === undefined || field.trim() === '') return [];
  const relations = field.replace(/\s+/g, ' ').split(',');
  if (relations.length > mostRelations) throw archiveError('a package depends on too many others');
  return relations
    .map((relation) => relation.trim())
    .filter((relation) => relation !== '')
    .map((relation) => relation.split('|').flatMap((one) => readOne(one.trim(), setting)))
    .filter((alternatives) => alternatives.length > 0);
}

function readOne(text: string, setting: BuildSetting): readonly string[] {
  const match = text.length > 1000 ? null : relationForm.exec(text);
  const name = match?.[1] ?? '';
  if (match === null || !packageNameForm.test(name))
    throw archiveError(`${JSON.stringify(text.slice(0, 200))} is no relation between packages`);
  const holds = architectureHolds(match[2], setting) && profilesHold(match[3] ?? '', setting);
  return holds ? [name] : [];
}

/** `[amd64 linux-any]`: one of them. `[!armhf !i386]`: none of them. */
function architectureHolds(list: string | undefined, { architecture }: BuildSetting): boolean {
  const words = list?.split(' ').filter((word) => word !== '') ?? [];
  if (words.length === 0) return true;
  const negated = words.some((word) => word.startsWith('!'));
  const named = words.some((word) => matchesArchitecture(word.replace(/^!/, ''), architecture));
  return named !== negated;
}

/** Of Linux alone: `any`, `linux-any`, `any-amd64`, `amd64`. */
export function matchesArchitecture(wildcard: string, architecture: string): boolean {
  return ['any', 'linux-any', architecture, `any-${architecture}`, `linux-${architecture}`].includes(
    wildcard,
  );
}

/** `<!nocheck> <a b>`: one list of which all hold. */
function profilesHold(text: string, { profiles }: BuildSetting): boolean {
  const lists = [...text.matchAll(/<([^<>]*)>/g)].map((match) => (match[1] ?? '').split(' '));
  if (lists.length === 0) return true;
  return lists.some((terms) =>
    terms
      .filter((term) => term !== '')
      .every((term) => (term.startsWith('!') ? !profiles.includes(term.slice(1)) : profiles.includes(term))),
  );
}
