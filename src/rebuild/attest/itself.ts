/**
 * What of a package, as published, went into its own build. Its own file among the inputs makes a match worthless: a tampered
 * file that runs in the build, or is copied, makes itself again.
 */
import { parsePurl } from '../../core/purl.ts';
import type { BuildInput, RebuildRecord } from '../../core/rebuild.ts';

/** `name@version` each, sorted. */
export interface Itself {
  /** The very release, or its bytes under another name. */
  readonly same: readonly string[];
  /**
   * Other versions of it; of Debian's packages also the same one, which the system that builds is made of: there is none
   * without `sed` to build `sed` on.
   */
  readonly others: readonly string[];
}

/** Also what is named as its source: an archive may be the published file. */
const roles: readonly string[] = ['source', 'base', 'toolchain', 'dependency', 'build-dependency'];

export function itselfIn({
  purl,
  artifact,
  inputs,
}: Pick<RebuildRecord, 'purl' | 'artifact' | 'inputs'>): Itself {
  const { ecosystem, name, version } = parsePurl(purl);
  const isSystem = ({ role }: BuildInput): boolean =>
    role === 'base' || (ecosystem === 'debian' && role === 'build-dependency');
  const [same, others] = [new Set<string>(), new Set<string>()];
  for (const input of inputs) {
    if (!roles.includes(input.role)) continue;
    if (input.digest['sha256'] === artifact && !isSystem(input)) same.add(input.name);
    for (const one of namesIn(input)) {
      if (one.name !== name) continue;
      const isIt = one.version === version && !isSystem(input);
      (isIt ? same : others).add(`${one.name}@${one.version}`);
    }
  }
  return { same: [...same].sort(), others: [...others].sort() };
}

/** Those inputs alone that `itselfIn` looks at, of a base the packages: hundreds of others are not kept in memory. */
export function inputsOfItself(record: Pick<RebuildRecord, 'purl' | 'artifact' | 'inputs'>): BuildInput[] {
  const { name } = parsePurl(record.purl);
  return record.inputs.flatMap((input) => {
    const { same, others } = itselfIn({ ...record, inputs: [input] });
    if (same.length + others.length === 0) return [];
    const { contains } = input;
    return contains === undefined
      ? [input]
      : [{ ...input, contains: contains.filter((line) => line.startsWith(`${name} `)) }];
  });
}

/** npm writes `name@version`, Debian `name version architecture`. */
function namesIn({
  name,
  contains,
}: BuildInput): readonly { readonly name: string; readonly version: string }[] {
  return (contains ?? [name]).map((text) => {
    const [of = '', version] = text.split(' ');
    if (version !== undefined) return { name: of, version };
    const at = text.lastIndexOf('@');
    return { name: text.slice(0, Math.max(at, 0)), version: text.slice(at + 1) };
  });
}
