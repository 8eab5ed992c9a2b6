/** The report on a version that could not be built: why, and what was tried. */
import { commitsLines } from '../../core/commits.ts';
import { forHtml, forTerminal } from '../../core/encode.ts';
import type { RebuildRecord } from '../../core/rebuild.ts';

export function notBuiltReport(record: RebuildRecord, form: 'text' | 'json' | 'html'): string {
  const { outcome, purl, source, isolation, startedAt, endedAt } = record;
  if (outcome.state !== 'not-built') return '';
  if (form === 'json')
    return JSON.stringify({ purl, ...outcome, source, isolation, startedAt, endedAt }, null, 2);
  const lines = [
    `${purl}: not-built (${outcome.cause})`,
    outcome.message,
    ...(source?.because ?? []),
    ...(source?.disagreements ?? []),
    // The first line is among those above.
    ...(source?.commits === undefined ? [] : commitsLines(source.commits).slice(1)),
    ...isolation.missing,
    `Again: assay rebuild ${purl} --watch`,
  ];
  if (form === 'text') return lines.map((line) => forTerminal(line, 2000)).join('\n');
  const [title = '', ...rest] = lines.map((line) => forHtml(line));
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${rest.map((line) => `<p>${line}</p>`).join('')}</html>\n`;
}
