/** Compares what upstream published with what was built here. Start reading this room here. */
import type {
  BuildFacts,
  ComparedArchive,
  ComparisonRules,
  PackagePair,
  Reached,
  Tree,
} from '../../core/comparison-input.ts';
import type { Comparison, FileDifference } from '../../core/rebuild.ts';
import { ambiguities } from './ambiguity.ts';
import { createUses, type Uses } from './normalise.ts';
import { comparePairs, type Findings, type Found } from './pairs.ts';
import { modeOf, treeDigest, treeOf } from './tree.ts';
import { countsOf, readingOrder, verdictOf } from './verdict.ts';

export interface ComparisonInput {
  readonly upstream: ComparedArchive;
  readonly rebuilt: ComparedArchive;
  readonly facts: BuildFacts;
  readonly rules: ComparisonRules;
}

const mostDifferences = 1000;
/** Characters shown of one difference, and of all. */
const mostShown = 16 * 1024;
const mostShownOfAll = 1024 * 1024;

/** Never throws for what the archives hold. The same input, in whatever order its members come, has the same outcome. */
export function compare(input: ComparisonInput): Comparison {
  const { upstream, rebuilt, facts, rules } = input;
  const refused = [
    ...ambiguities(upstream, 'upstream', rules),
    ...ambiguities(rebuilt, 'rebuilt', rules),
  ].sort(readingOrder);
  if (refused.length > 0) return refusedComparison(input, refused);
  const published = treeOf(upstream.members, rules);
  const built = treeOf(rebuilt.members, rules);
  const about: PackagePair = {
    upstream: published,
    rebuilt: built,
    facts,
    reachedIn: reachOf(published, built, rules),
  };
  const uses = createUses();
  const forgiven = noteModeBits(published, built, rules, uses);
  const d2 = rung('d2', published, built, rules);
  const same = d2.upstream === d2.rebuilt;
  const findings = comparePairs(published, built, about, rules, uses);
  const ladder: Comparison['ladder'] = {
    d0: { upstream: upstream.d0, rebuilt: rebuilt.d0 },
    d1: { upstream: upstream.d1, rebuilt: rebuilt.d1 },
    d2,
    d3: same ? undefined : rung('d3', findings.after.upstream, findings.after.rebuilt, rules),
  };
  const found = [
    ...findings.found,
    ...graded(findings, about, rules),
    ...contradictions(ladder, findings),
  ].sort(readingOrder);
  return {
    schema: 1,
    verdict: verdictOf(ladder, found),
    upstream: upstream.d0,
    rebuilt: rebuilt.d0,
    ladder,
    normalisers: uses.list(),
    counts: countsOf(new Set([...published.keys(), ...built.keys()]).size, found, forgiven),
    differences: shownDifferences(found, about),
    differencesTotal: found.length,
  };
}

/** Nothing of an ambiguous archive was compared, and no rung but the bytes' own says anything. */
function refusedComparison(
  { upstream, rebuilt }: ComparisonInput,
  differences: readonly FileDifference[],
): Comparison {
  return {
    schema: 1,
    verdict: 'suspicious',
    upstream: upstream.d0,
    rebuilt: rebuilt.d0,
    ladder: {
      d0: { upstream: upstream.d0, rebuilt: rebuilt.d0 },
      d1: undefined,
      d2: undefined,
      d3: undefined,
    },
    normalisers: [],
    counts: { ...countsOf(0, [], 0), suspicious: differences.length },
    differences,
    differencesTotal: differences.length,
  };
}

function rung(
  of: 'd2' | 'd3',
  upstream: Tree,
  rebuilt: Tree,
  rules: ComparisonRules,
): NonNullable<Comparison['ladder']['d2']> {
  return { upstream: treeDigest(upstream, rules, of), rebuilt: treeDigest(rebuilt, rules, of) };
}

/** Files that are equal in D2 and have other permission bits: 0644 and 0664, say. Returns how many. */
function noteModeBits(upstream: Tree, rebuilt: Tree, rules: ComparisonRules, uses: Uses): number {
  let forgiven = 0;
  for (const [path, entry] of upstream) {
    const other = rebuilt.get(path);
    if (other === undefined || entry.mode === other.mode || modeOf(entry, rules) !== modeOf(other, rules))
      continue;
    uses.note({ name: 'mode-bits', version: '1' }, path);
    if (entry.sha256 === other.sha256 && entry.type === other.type) forgiven += 1;
  }
  return forgiven;
}

function graded(findings: Findings, about: PackagePair, rules: ComparisonRules): readonly Found[] {
  if (findings.open.length === 0) return [];
  const grade = rules.grader(
    about,
    findings.open.map(({ ungraded }) => ungraded),
  );
  return findings.open.map(({ ungraded, show }) => ({
    path: ungraded.pair.path,
    kind: ungraded.kind,
    ...grade(ungraded),
    show,
  }));
}

/**
 * Two rungs that contradict each other mean that a reading, or a rule, is wrong: equal bytes with different trees, or
 * no difference left where the normalised trees differ.
 */
function contradictions({ d0, d1, d2, d3 }: Comparison['ladder'], findings: Findings): readonly Found[] {
  const equal = (pair: Comparison['ladder']['d0']): boolean =>
    pair === undefined || pair.upstream === pair.rebuilt;
  const harmless = findings.open.length === 0 && findings.found.every(({ grade }) => isHarmless(grade));
  const sound = equal(d2) || !(equal(d0) || equal(d1));
  if (sound && equal(d3) === harmless) return [];
  return [
    {
      path: '',
      kind: 'ambiguous',
      grade: 'suspicious',
      rule: 'ladder-contradiction',
      reason:
        'The digests of the archives contradict what was read in them, so that nothing is known of either.',
      show: () => undefined,
    },
  ];
}

function isHarmless(grade: FileDifference['grade']): boolean {
  return grade === 'benign' || grade === 'forgiven';
}

function shownDifferences(found: readonly Found[], about: PackagePair): readonly FileDifference[] {
  let left = mostShownOfAll;
  return found.slice(0, mostDifferences).map(({ path, kind, grade, rule, reason, show }) => {
    const shown = left > 0 ? show(Math.min(mostShown, left)) : undefined;
    left -= shown?.length ?? 0;
    const reached = kind === 'ambiguous' ? undefined : about.reachedIn(path);
    return { path, kind, grade, rule, reason, reached, shown };
  });
}

const reachOrder = ['install', 'main', 'bin'] as const;

/** In either side; computed when first asked. */
function reachOf(upstream: Tree, rebuilt: Tree, rules: ComparisonRules): (path: string) => Reached {
  let asked: readonly ((path: string) => Reached)[] | undefined;
  return (path) => {
    asked ??= [rules.reach(upstream), rules.reach(rebuilt)];
    const both = asked.map((reached) => reached(path));
    return reachOrder.find((way) => both.includes(way)) ?? (both.includes(undefined) ? undefined : 'never');
  };
}
