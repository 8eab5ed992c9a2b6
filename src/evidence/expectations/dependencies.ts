/** R11, first half: what the version depends on that its predecessor did not, without judging it. */
import { own, ownObject, ownStrings, type JsonObject } from '../../core/json.ts';
import { readPackageJson } from '../package-json.ts';
import type { Context } from './context.ts';
import { isBelow, lineOf } from './version.ts';

export interface DependencyChanges {
  /** Undefined: nothing to compare with. `other-line`: the predecessor is of another line though its own has versions. */
  readonly comparedWith: 'same-line' | 'new-line' | 'other-line' | undefined;
  readonly before: string | undefined;
  /** Names that were not there, from the registry. */
  readonly added: readonly string[];
  /** From elsewhere (git, a URL, a file) and not from there before, with their spec. */
  readonly exotic: readonly { readonly name: string; readonly spec: string }[];
}

const nothing = { before: undefined, added: [], exotic: [] } as const;

export function dependencyChanges(context: Context): DependencyChanges {
  const { input } = context;
  const before = input.history?.predecessorManifest;
  const predecessor = input.predecessor;
  if (before === undefined || predecessor === undefined) return { ...nothing, comparedWith: undefined };
  const old = dependenciesOf(before);
  const read = readPackageJson(input.archive);
  // What is resolved (the index) and what is said (the archive): a name in either counts.
  const now = [
    ...dependenciesOf(input.indexManifest),
    ...(read.state === 'read' ? dependenciesOf(read.content) : []),
  ];
  const added = new Set<string>();
  const exotic = new Map<string, string>();
  for (const [name, spec] of now) {
    const was = old.get(name);
    if (isExotic(spec)) {
      if (was === undefined || !isExotic(was) || placeOf(was) !== placeOf(spec)) exotic.set(name, spec);
    } else if (was === undefined || aliasOf(was) !== aliasOf(spec)) added.add(aliasOf(spec) ?? name);
  }
  return {
    comparedWith: howCompared(context, predecessor.version),
    before: predecessor.version,
    added: [...added],
    exotic: [...exotic].map(([name, spec]) => ({ name, spec })),
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

const fields = ['dependencies', 'optionalDependencies', 'peerDependencies'] as const;

/** What npm installs: peers too, unless they are optional. */
function dependenciesOf(manifest: JsonObject): ReadonlyMap<string, string> {
  const meta = ownObject(manifest, 'peerDependenciesMeta') ?? {};
  const found = new Map<string, string>();
  for (const field of fields) {
    for (const [name, spec] of ownStrings(ownObject(manifest, field))) {
      const optionalPeer =
        field === 'peerDependencies' && own(ownObject(meta, name) ?? {}, 'optional') === true;
      if (!optionalPeer && !found.has(name)) found.set(name, spec.trim());
    }
  }
  return found;
}

/** Neither a range nor a tag nor an alias: no range holds a colon or a slash. */
function isExotic(spec: string): boolean {
  return !spec.startsWith('npm:') && /[:/\\]|^[.~]$/.test(spec);
}

/** Without the commit or range after `#`, and without the ways to write one place. */
function placeOf(spec: string): string {
  const [place = ''] = spec.slice(0, 2048).split('#');
  return place
    .toLowerCase()
    .replace(/^git\+/, '')
    .replace(/^(?:https?|ssh|git):\/\/(?:[^@/]*@)?/, '')
    .replace(/^github:|^(?=[\w.-]+\/[\w.-]+$)/, 'github.com/')
    .replace(/\.git$/, '');
}

/** `npm:other@^1` installs another package than its name says. */
function aliasOf(spec: string): string | undefined {
  return /^npm:(@?[^@]+)/.exec(spec.slice(0, 512))?.[1];
}
