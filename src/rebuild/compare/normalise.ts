/** Applies the named normalisers to one file that differs, and keeps the record of what each touched. */
import type {
  BuildFacts,
  ComparisonRules,
  EntryPair,
  Normaliser,
  Side,
} from '../../core/comparison-input.ts';
import type { NormaliserUse } from '../../core/rebuild.ts';

/** Normalisers put placeholders that begin so where they take something out. */
export const placeholderMark = '<assay:';

export interface NormalisedPair {
  readonly upstream: Uint8Array;
  readonly rebuilt: Uint8Array;
  /** Those that it took; as few as one when one is enough. */
  readonly used: readonly Normaliser[];
}

export function normalisePair(
  pair: EntryPair,
  { normalisers }: Pick<ComparisonRules, 'normalisers'>,
  facts: BuildFacts,
): NormalisedPair {
  const upstream = pair.upstream?.content ?? new Uint8Array();
  const rebuilt = pair.rebuilt?.content ?? new Uint8Array();
  // A file that writes a placeholder itself could pass for one in which a fact was taken out.
  if (
    [upstream, rebuilt].some((content) =>
      Buffer.from(content.buffer, content.byteOffset, content.length).includes(placeholderMark),
    )
  )
    return { upstream, rebuilt, used: [] };
  const apply = (normaliser: Normaliser, content: Uint8Array, side: Side): Uint8Array =>
    normaliser.apply(content, { path: pair.path, side, facts });
  const able: Normaliser[] = [];
  for (const normaliser of normalisers) {
    const left = apply(normaliser, upstream, 'upstream');
    const right = apply(normaliser, rebuilt, 'rebuilt');
    if (left === upstream && right === rebuilt) continue;
    if (sameBytes(left, right)) return { upstream: left, rebuilt: right, used: [normaliser] };
    able.push(normaliser);
  }
  return able.reduce<NormalisedPair>(
    (so, normaliser) => ({
      upstream: apply(normaliser, so.upstream, 'upstream'),
      rebuilt: apply(normaliser, so.rebuilt, 'rebuilt'),
      used: able,
    }),
    { upstream, rebuilt, used: able },
  );
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

export interface Uses {
  readonly note: (normaliser: Pick<Normaliser, 'name' | 'version'>, path: string) => void;
  /** By name. */
  readonly list: () => readonly NormaliserUse[];
}

const mostPaths = 1000;

export function createUses(): Uses {
  const known = new Map<string, { readonly version: string; readonly paths: Set<string> }>();
  return {
    note: ({ name, version }, path) => {
      const use = known.get(name) ?? { version, paths: new Set() };
      known.set(name, use);
      use.paths.add(path);
    },
    list: () =>
      [...known]
        .map(([name, { version, paths }]) => ({
          name,
          version,
          paths: [...paths].sort().slice(0, mostPaths),
          touched: paths.size,
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
