/** What differs, path by path, and the trees with what the normalisers forgive taken out (rung D3). */
import type {
  BuildFacts,
  ComparisonRules,
  ContentEdit,
  EntryPair,
  PackagePair,
  Side,
  Tree,
  TreeEntry,
  Ungraded,
} from '../../core/comparison-input.ts';
import { sha256 } from '../../core/digest.ts';
import type { DifferenceGrade, DifferenceKind } from '../../core/rebuild.ts';
import { contentDifference, shownContent } from './content-edit.ts';
import { normalisePair, sameBytes, type Uses } from './normalise.ts';
import { modeOf } from './tree.ts';

/** As in the comparison, but for what is shown: that is made for as many as a report has room for. */
export interface Found {
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly grade: DifferenceGrade;
  readonly rule: string;
  readonly reason: string;
  readonly show: (most: number) => string | undefined;
}

/** A difference that no normaliser claims: the rules grade it when all are known. */
export interface Open {
  readonly ungraded: Ungraded;
  readonly show: Found['show'];
}

export interface Findings {
  readonly found: Found[];
  readonly open: Open[];
  /** Entries after the normalisers; undefined for those taken out. */
  readonly after: Record<Side, Map<string, TreeEntry>>;
  readonly uses: Uses;
}

interface Setting {
  readonly rules: ComparisonRules;
  readonly facts: BuildFacts;
  readonly about: PackagePair;
  readonly findings: Findings;
}

export function comparePairs(
  upstream: Tree,
  rebuilt: Tree,
  about: PackagePair,
  rules: ComparisonRules,
  uses: Uses,
): Findings {
  const findings: Findings = {
    found: [],
    open: [],
    after: { upstream: new Map(upstream), rebuilt: new Map(rebuilt) },
    uses,
  };
  const setting: Setting = { rules, facts: about.facts, about, findings };
  for (const path of [...new Set([...upstream.keys(), ...rebuilt.keys()])].sort()) {
    const pair: EntryPair = { path, upstream: upstream.get(path), rebuilt: rebuilt.get(path) };
    if (pair.upstream === undefined || pair.rebuilt === undefined) compareOneSided(pair, setting);
    else compareBoth(pair, pair.upstream, pair.rebuilt, setting);
  }
  return findings;
}

// ---- on one side only ----

function compareOneSided(pair: EntryPair, { rules, about, findings }: Setting): void {
  const entry = pair.upstream ?? pair.rebuilt;
  if (entry === undefined) return;
  const kind = pair.upstream === undefined ? 'only-rebuilt' : 'only-upstream';
  const show = (most: number): string | undefined =>
    entry.type === 'file' ? shownContent(entry.content, most) : entry.linkTarget;
  if (entry.type === 'symlink' || entry.type === 'hardlink' || (entry.mode & 0o7000 & ~0o1000) !== 0) {
    const reason = 'A link, or a file with setuid or setgid, is on one side only: that is never forgiven.';
    findings.found.push({ path: pair.path, kind, grade: 'suspicious', rule: 'one-sided-link', reason, show });
    return;
  }
  const forgiving = rules.entryNormalisers.find(({ forgives }) => forgives('one-sided', pair, about));
  if (forgiving === undefined) {
    findings.open.push({ ungraded: { kind, pair }, show });
    return;
  }
  const { name, reason } = forgiving;
  findings.found.push({ path: pair.path, kind, grade: 'benign', rule: name, reason, show });
  findings.uses.note(forgiving, pair.path);
  findings.after.upstream.delete(pair.path);
  findings.after.rebuilt.delete(pair.path);
}

// ---- on both sides ----

function compareBoth(pair: EntryPair, upstream: TreeEntry, rebuilt: TreeEntry, setting: Setting): void {
  if (upstream.type !== rebuilt.type || upstream.linkTarget !== rebuilt.linkTarget) {
    setting.findings.found.push({
      path: pair.path,
      kind: 'type',
      grade: 'suspicious',
      rule: 'type-changed',
      reason: `Upstream has a ${describe(upstream)} here, and the build made a ${describe(rebuilt)}.`,
      show: () => undefined,
    });
    return;
  }
  if (upstream.sha256 !== rebuilt.sha256) compareContents(pair, upstream, rebuilt, setting);
  if (modeOf(upstream, setting.rules) !== modeOf(rebuilt, setting.rules))
    compareModes(pair, upstream, rebuilt, setting);
}

function describe({ type, linkTarget }: TreeEntry): string {
  return linkTarget === undefined ? type : `${type} to ${JSON.stringify(linkTarget.slice(0, 200))}`;
}

function compareModes(pair: EntryPair, upstream: TreeEntry, rebuilt: TreeEntry, setting: Setting): void {
  const { rules, about, findings } = setting;
  const modes = `${rebuilt.mode.toString(8).padStart(4, '0')} here, ${upstream.mode.toString(8).padStart(4, '0')} upstream`;
  const show = (): string => modes;
  const at = { path: pair.path, kind: 'exec-bit', show } as const;
  if (((upstream.mode ^ rebuilt.mode) & 0o7000) !== 0) {
    const reason = 'A setuid, setgid or sticky bit differs: that is never forgiven.';
    findings.found.push({ ...at, grade: 'suspicious', rule: 'special-mode', reason });
    return;
  }
  const forgiving = rules.entryNormalisers.find(({ forgives }) => forgives('exec-bit', pair, about));
  if (forgiving === undefined) {
    findings.open.push({ ungraded: { kind: 'exec-bit', pair }, show });
    return;
  }
  findings.found.push({ ...at, grade: 'benign', rule: forgiving.name, reason: forgiving.reason });
  findings.uses.note(forgiving, pair.path);
  for (const side of ['upstream', 'rebuilt'] as const) {
    const entry = findings.after[side].get(pair.path);
    if (entry !== undefined) findings.after[side].set(pair.path, { ...entry, mode: 0o755 });
  }
}

function compareContents(pair: EntryPair, upstream: TreeEntry, rebuilt: TreeEntry, setting: Setting): void {
  const { rules, facts, findings } = setting;
  const { path } = pair;
  if (rules.isManifest(path)) return compareManifest(pair, upstream, rebuilt, setting);
  const normalised = normalisePair(pair, rules, facts);
  for (const normaliser of normalised.used) findings.uses.note(normaliser, path);
  replaceContents(findings, path, normalised);
  if (sameBytes(normalised.upstream, normalised.rebuilt)) {
    const names = normalised.used.map(({ name }) => name).join(', ');
    const reason = normalised.used.map((normaliser) => normaliser.reason).join(' ');
    const show = (most: number): string =>
      contentDifference(upstream.content, rebuilt.content).show(() => names, most);
    findings.found.push({ path, kind: 'content', grade: 'benign', rule: names, reason, show });
    return;
  }
  const { show, ...edit } = contentDifference(normalised.upstream, normalised.rebuilt);
  findings.open.push({
    ungraded: { kind: 'content', pair, edit: edit satisfies ContentEdit },
    show: (most) => show(rules.describeHunk, most),
  });
}

function compareManifest(pair: EntryPair, upstream: TreeEntry, rebuilt: TreeEntry, setting: Setting): void {
  const { rules, facts, findings } = setting;
  const { path } = pair;
  const { differences, canonical, used } = rules.compareManifests(
    path,
    upstream.content,
    rebuilt.content,
    facts,
  );
  for (const { grade, rule, reason, shown } of differences) {
    findings.found.push({
      path,
      kind: 'manifest-field',
      grade,
      rule,
      reason,
      show: (most) => shown?.slice(0, most).toWellFormed(),
    });
  }
  for (const normaliser of used) findings.uses.note(normaliser, path);
  replaceContents(findings, path, canonical);
}

function replaceContents(
  findings: Findings,
  path: string,
  contents: Readonly<Record<Side, Uint8Array>>,
): void {
  for (const side of ['upstream', 'rebuilt'] as const) {
    const entry = findings.after[side].get(path);
    const content = contents[side];
    if (entry !== undefined) findings.after[side].set(path, { ...entry, content, sha256: sha256(content) });
  }
}
