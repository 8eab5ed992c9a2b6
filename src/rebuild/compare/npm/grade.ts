/** Grades what no normaliser claims. Every rule has a name and one sentence; none of them ends in `benign`. */
import type {
  ContentEdit,
  EntryPair,
  Judgement,
  PackagePair,
  Reached,
  TreeEntry,
  Ungraded,
} from '../../../core/comparison-input.ts';
import { newCapabilities, onlyComments, onlyCompilerLines, onlyInertTokens } from './changed-lines.ts';
import { missingOutputs } from './missing-outputs.ts';
import { isBackup } from './noise.ts';
import { weightOf, type FileWeight } from './file-kind.ts';

/** What holds for the whole package; told once. */
interface Setting {
  readonly about: PackagePair;
  readonly missingOutputs: readonly string[];
  readonly sourceFiles: ReadonlySet<string>;
  /** Every file that upstream published is executable. */
  readonly allExecutable: boolean;
  /** So few code files differ that no other tool or version explains it. */
  readonly fewDiffer: boolean;
}

export function npmGrader(about: PackagePair, all: readonly Ungraded[]): (difference: Ungraded) => Judgement {
  const files = [...about.upstream.values()].filter(({ type }) => type === 'file');
  const code = files.filter((entry) => weightOf(entry) === 'code').length;
  const differing = all.filter(
    ({ kind, pair }) =>
      kind === 'content' && pair.upstream !== undefined && weightOf(pair.upstream) === 'code',
  ).length;
  const setting: Setting = {
    about,
    missingOutputs: missingOutputs(about),
    sourceFiles: new Set(about.facts.sourceFiles),
    allExecutable: files.length >= fewFiles && files.every(({ mode }) => (mode & 0o111) !== 0),
    fewDiffer: differing <= Math.max(1, share * code),
  };
  return (difference) => gradeNpm(difference, setting);
}

function gradeNpm(difference: Ungraded, setting: Setting): Judgement {
  const reached = setting.about.reachedIn(difference.pair.path);
  switch (difference.kind) {
    case 'only-upstream':
      return gradeOnlyUpstream(difference.pair, setting, reached);
    case 'only-rebuilt':
      return unexplained(
        'npm/only-rebuilt',
        'The build makes this file and upstream does not have it: other sources, or another recipe.',
      );
    case 'exec-bit':
      return gradeExecBit(difference.pair, setting);
    case 'content':
      return gradeContent(difference, setting, reached);
    default:
      return difference satisfies never;
  }
}

// ---- one side only ----

function gradeOnlyUpstream(
  { path, upstream }: EntryPair,
  { about, missingOutputs: outputs, sourceFiles }: Setting,
  reached: Reached,
): Judgement {
  if (upstream === undefined) return unexplained('npm/only-upstream', 'Upstream has it.');
  const held = sourceFiles.has(upstream.sha256);
  const judged = isBackup(upstream, about)
    ? unexplained(
        'npm/editor-backup',
        'What an editor left beside a file that is the same on both sides; no plain text refers to it.',
      )
    : gradeOneSided(path, upstream, outputs, reached);
  return held ? { ...judged, reason: `${judged.reason} ${heldBySource}` } : judged;
}

const heldBySource =
  'The source holds this very file, byte for byte: upstream packed what the build here leaves out.';

function gradeOneSided(
  path: string,
  upstream: TreeEntry,
  outputs: readonly string[],
  reached: Reached,
): Judgement {
  if (reached === 'install') {
    return suspicious(
      'npm/install-code',
      'Upstream runs it when the package is installed, and the build does not make it.',
    );
  }
  if (outputs.some((folder) => path.startsWith(folder))) {
    return unexplained(
      'npm/build-step-not-found',
      'The whole folder that the package is loaded from is missing here: the recipe lacks a build step, so nothing was compared.',
    );
  }
  const weight = weightOf(upstream);
  if (weight === 'code') {
    return suspicious('npm/one-sided-code', `Code that the build does not give: ${howReached(reached)}.`);
  }
  // Node runs a file of any name that `require` is given.
  if (reached === 'main' || reached === 'bin' || (reached === undefined && weight !== 'inert')) {
    return suspicious('npm/one-sided-file', `The build does not give this file, and ${howReached(reached)}.`);
  }
  return weight === 'unknown'
    ? suspicious(
        'npm/one-sided-file',
        'A file that the build does not give, of a kind that can hold anything.',
      )
    : unexplained(
        'npm/one-sided-document',
        'A document or data that the build does not give; no code refers to it.',
      );
}

function howReached(reached: Reached): string {
  switch (reached) {
    case 'install':
      return 'it runs when the package is installed';
    case 'main':
      return 'it is loaded from the main entry';
    case 'bin':
      return 'it is loaded by a command of the package';
    case 'never':
      return 'no plain text in the package refers to it';
    case undefined:
      return 'whether anything refers to it could not be told';
    default:
      return reached satisfies never;
  }
}

// ---- exec bit ----

/** Below this many files it says nothing that all of them are executable. */
const fewFiles = 3;

function gradeExecBit({ upstream }: EntryPair, { allExecutable }: Setting): Judgement {
  if (upstream === undefined || (upstream.mode & 0o111) === 0) {
    return unexplained(
      'npm/exec-bit-lost',
      'The source makes this file executable, and upstream has it without.',
    );
  }
  if (allExecutable) {
    return unexplained(
      'npm/exec-bit-uniform',
      'Every file that upstream published is executable: it was packed on a file system without that bit.',
    );
  }
  return suspicious(
    'npm/exec-bit',
    'Upstream made this file executable; the source does not, nor do both manifests name it in `bin`.',
  );
}

// ---- content ----

function gradeContent(
  difference: Ungraded & { readonly kind: 'content' },
  setting: Setting,
  reached: Reached,
): Judgement {
  const { pair, edit } = difference;
  const { added, removed } = edit;
  if (reached === 'install') {
    return suspicious(
      'npm/install-code',
      'It runs when the package is installed, and the source gives other content.',
    );
  }
  const weight = heavier(pair);
  if (weight === 'inert')
    return unexplained('npm/document', 'A document, a map or a setting of a tool differs; nothing runs it.');
  if (isCopied(difference, setting)) {
    return suspicious(
      'npm/copied-file',
      'The source has this file word for word as built here, so no tool explains what upstream has.',
    );
  }
  const brought = weight === 'code' ? newCapabilities(added, removed) : [];
  if (brought.length > 0) {
    return suspicious(
      'npm/new-capability',
      `Upstream's lines hold words of code that ${brought.join(', ')}, and the code built here does not.`,
    );
  }
  if (added.length + removed.length > 0 && edit.exact) {
    if (onlyInertTokens(added, removed)) {
      return unexplained(
        'npm/unknown-token',
        'Only dates, ids, versions or paths differ, and they are no known facts of the build.',
      );
    }
    if (onlyComments(added, removed))
      return unexplained('npm/comments', 'Only comments or empty lines differ.');
    if (onlyCompilerLines(added, removed)) {
      return unexplained(
        'npm/compiler-lines',
        'Only lines that compilers write by themselves differ: another version of a tool.',
      );
    }
    if (weight === 'code' && setting.fewDiffer && isSmall(edit)) {
      return suspicious(
        'npm/lone-edit',
        'A few lines differ in code that is otherwise the same, and so is the rest of the build: no other tool or version explains that.',
      );
    }
  }
  return weight === 'code'
    ? unexplained(
        'npm/other-output',
        'The code differs in many places, as the output of another tool or version does.',
      )
    : unexplained('npm/other-content', 'The content differs, and no rule explains it.');
}

/**
 * The source has it word for word as built here. It still can be a step that is left out which changes it, or the older
 * output of one; and a version or a day is stamped into sources when they are published.
 */
function isCopied(
  { pair, edit: { added, removed, exact } }: Ungraded & { readonly kind: 'content' },
  { about, sourceFiles }: Setting,
): boolean {
  if (pair.rebuilt === undefined || !sourceFiles.has(pair.rebuilt.sha256)) return false;
  const told = exact && added.length + removed.length > 0;
  const stamped = told && (onlyInertTokens(added, removed) || onlyComments(added, removed));
  return !stamped && about.facts.buildsLeftOut !== true;
}

const weights: readonly FileWeight[] = ['code', 'unknown', 'data', 'inert'];

function heavier({ upstream, rebuilt }: EntryPair): FileWeight {
  const both = [upstream, rebuilt].flatMap((entry) => (entry === undefined ? [] : [weightOf(entry)]));
  return weights.find((weight) => both.includes(weight)) ?? 'unknown';
}

/** Of the lines of a file, and of the code files of a package: a tenth, or these few. */
const fewLines = 6;
const share = 0.1;

function isSmall({ added, removed, lines }: ContentEdit): boolean {
  return added.length + removed.length <= Math.max(fewLines, share * lines);
}

function suspicious(rule: string, reason: string): Judgement {
  return { grade: 'suspicious', rule, reason };
}

function unexplained(rule: string, reason: string): Judgement {
  return { grade: 'unexplained', rule, reason };
}
