/** R11, first half: what the version depends on that its predecessor did not, without judging it. */
import { readPackageJson } from '../package-json.ts';
import {
  addedDependencies,
  exoticDependencies,
  type AddedDependency,
  type ExoticDependency,
} from './added-dependencies.ts';
import type { Context } from './context.ts';
import { isBelow, lineOf } from './version.ts';

export interface DependencyChanges {
  /** Undefined: nothing to compare with. `other-line`: the predecessor is of another line though its own has versions. */
  readonly comparedWith: 'same-line' | 'new-line' | 'other-line' | undefined;
  readonly before: string | undefined;
  /** Were not there, from the registry. */
  readonly added: readonly AddedDependency[];
  /** From elsewhere and not from there before. */
  readonly exotic: readonly ExoticDependency[];
  /** From elsewhere as before, or with nothing to compare with. */
  readonly usualExotic: readonly ExoticDependency[];
}

export function dependencyChanges(context: Context): DependencyChanges {
  const { input } = context;
  const before = input.history?.predecessorManifest;
  const predecessor = input.predecessor;
  const read = readPackageJson(input.archive);
  // What is resolved (the index) and what is said (the archive): a name in either counts.
  const now = [input.indexManifest, ...(read.state === 'read' ? [read.content] : [])];
  if (before === undefined || predecessor === undefined) {
    const usualExotic = exoticDependencies(undefined, now).usual;
    return { comparedWith: undefined, before: undefined, added: [], exotic: [], usualExotic };
  }
  const { fresh, usual } = exoticDependencies(before, now);
  return {
    comparedWith: howCompared(context, predecessor.version),
    before: predecessor.version,
    added: addedDependencies(before, now),
    exotic: fresh,
    usualExotic: usual,
  };
}

function howCompared({ line, input }: Context, predecessor: string): DependencyChanges['comparedWith'] {
  if (lineOf(predecessor) === line) return 'same-line';
  const own = input.version.version;
  const lineIsOlder = input.index.versions.some(
    ({ version }) => lineOf(version) === line && isBelow(version, own),
  );
  return lineIsOlder ? 'other-line' : 'new-line';
}
