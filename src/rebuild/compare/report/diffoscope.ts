/**
 * The report as JSON in the form of diffoscope (its `presenters/json`, format version 1), so that its viewers and those
 * made for it open ours. Sides are as in the unified diffs: `source1` was built here, `source2` was published.
 */
import type { Json, JsonObject } from '../../../core/json.ts';
import type { FileDifference } from '../../../core/rebuild.ts';
import { isOneSided } from '../verdict.ts';
import {
  countsLine,
  kindWords,
  letters,
  reachWords,
  sentenceOf,
  standing,
  type ReportInput,
} from './words.ts';

const nothing = '/dev/null';

export function reportAsDiffoscope({ name, comparison, rerun, commits = [] }: ReportInput): JsonObject {
  const { differences, differencesTotal, normalisers, verdict } = comparison;
  const used = normalisers.map(
    ({ name: normaliser, version, touched }) => `${normaliser}/${version}: ${touched}`,
  );
  const comments = [
    `${verdict}: ${sentenceOf(comparison)}`,
    countsLine(comparison),
    ...(used.length > 0 ? [`Normalisers and the entries they touched: ${used.join(', ')}`] : []),
    ...(differencesTotal > differences.length
      ? [`${differencesTotal - differences.length} more differences are left out`]
      : []),
    ...commits,
    standing,
    `Again: ${rerun}`,
  ];
  return {
    'diffoscope-json-version': 1,
    source1: `built from source (${comparison.rebuilt})`,
    source2: `published as ${name} (${comparison.upstream})`,
    unified_diff: null,
    comments: comments.map(wellFormed),
    details: differences.map(detailOf),
  };
}

function detailOf(difference: FileDifference): Json {
  const { path, kind, grade, rule, reason, reached } = difference;
  const plain = path === '' ? 'archive' : path.toWellFormed();
  const comments = [
    `${letters[grade]} ${grade}: ${kindWords[kind]}`,
    `${rule}: ${reason}`,
    ...(kind === 'ambiguous' ? [] : [reachWords(reached)]),
  ];
  return {
    source1: kind === 'only-upstream' ? nothing : plain,
    source2: kind === 'only-rebuilt' ? nothing : plain,
    unified_diff: unifiedOf(difference),
    comments: comments.map(wellFormed),
  };
}

/** A one-sided file is a diff against nothing; what is no diff is a comment elsewhere. */
function unifiedOf(difference: FileDifference): string | null {
  const { kind, shown } = difference;
  if (shown === undefined) return null;
  if (!isOneSided(difference)) return shown.includes('@@ ') ? shown.toWellFormed() : asDiff(shown, ' ', ' ');
  return kind === 'only-upstream' ? asDiff(shown, '+', '+') : asDiff(shown, '-', '-');
}

function asDiff(text: string, mark: string, side: '+' | '-' | ' '): string {
  const lines = text.toWellFormed().replace(/\n$/, '').split('\n');
  const whole = `1,${lines.length}`;
  const header = `@@ -${side === '+' ? '0,0' : whole} +${side === '-' ? '0,0' : whole} @@`;
  return `${[header, ...lines.map((line) => mark + line)].join('\n')}\n`;
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}
