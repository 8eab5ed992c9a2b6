/** The report for a terminal: lines of printable characters, whatever the packages hold. */
import { forTerminal } from '../../../core/encode.ts';
import type { FileDifference } from '../../../core/rebuild.ts';
import {
  countsLine,
  kindWords,
  letters,
  reachWords,
  rungsOf,
  sentenceOf,
  standing,
  treeLines,
  type ReportInput,
} from './words.ts';

export interface TextOptions {
  /** Lines shown of one difference (default 60). */
  readonly linesEach?: number;
  /** Differences shown (default 100). */
  readonly most?: number;
}

const pathsShown = 5;

export function reportAsText(input: ReportInput, options: TextOptions = {}): string {
  const { comparison, name, rerun, commits = [] } = input;
  const { linesEach = 60, most = 100 } = options;
  const { differences, differencesTotal, normalisers, verdict } = comparison;
  const lines = [
    `${forTerminal(name)}: ${verdict}`,
    sentenceOf(comparison),
    countsLine(comparison),
    '',
    ...rungsOf(comparison).map(({ name: rung, what, state, upstream, rebuilt }) =>
      `${rung} ${what.padEnd(18)} ${state.padEnd(12)}${rungDigests(state, upstream, rebuilt)}`.trimEnd(),
    ),
  ];
  if (normalisers.length > 0) {
    lines.push('', 'Forgiven:');
    for (const { name: normaliser, version, paths, touched } of normalisers) {
      const named = paths
        .slice(0, pathsShown)
        .map((path) => forTerminal(path, 120))
        .join(', ');
      const more = touched > pathsShown ? ` and ${touched - pathsShown} more` : '';
      lines.push(`  ${forTerminal(normaliser)}/${forTerminal(version)}: ${named}${more}`);
    }
  }
  const tree = treeLines(comparison);
  if (tree.length > 0) {
    lines.push(
      '',
      'What differs (S suspicious, U unexplained, b benign; + only upstream, - only here, ~ both):',
    );
    for (const { depth, name: file, grade, mark } of tree) {
      const letter = grade === undefined ? '   ' : `${letters[grade]} ${mark}`;
      lines.push(`  ${letter} ${'  '.repeat(Math.min(depth, 40))}${forTerminal(file, 200)}`);
    }
  }
  for (const difference of differences.slice(0, most))
    lines.push('', ...differenceLines(difference, linesEach));
  if (differencesTotal > Math.min(most, differences.length))
    lines.push(
      '',
      `${differencesTotal - Math.min(most, differences.length)} more differences are not shown.`,
    );
  if (commits.length > 0) lines.push('', ...commits.map((line) => forTerminal(line, 1000)));
  lines.push('', standing, `Again: ${forTerminal(rerun, 2000)}`);
  return `${lines.join('\n')}\n`;
}

function rungDigests(state: string, upstream: string, rebuilt: string): string {
  if (state === 'not reached') return '';
  return state === 'equal'
    ? upstream.slice(0, 16)
    : `${rebuilt.slice(0, 16)} here, ${upstream.slice(0, 16)} upstream`;
}

function differenceLines(difference: FileDifference, most: number): readonly string[] {
  const { path, kind, grade, rule, reason, reached, shown } = difference;
  const reach = kind === 'ambiguous' ? '' : `, ${reachWords(reached)}`;
  const head = `[${letters[grade]}] ${path === '' ? 'the archive' : forTerminal(path)}: ${kindWords[kind]}${reach}`;
  const why = `    ${forTerminal(rule)}: ${forTerminal(reason, 2000)}`;
  if (shown === undefined || shown === '') return [head, why];
  const content = shown.replace(/\n$/, '').split('\n');
  const kept = content
    .slice(0, most)
    .map((line) => `    | ${forTerminal(line.replaceAll('\t', '    '), 500)}`);
  const left = content.length - kept.length;
  return [head, why, ...kept, ...(left > 0 ? [`    | ${left} more lines`] : [])];
}
