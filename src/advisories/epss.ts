/**
 * EPSS scores (FIRST), as published every day: a comment with the model's version, a head, and `cve,epss,percentile`. Scores
 * of two models must not be compared, so the model stands beside each.
 */
import { AssayError } from '../core/errors.ts';
import type { AdvisoryMatch } from '../core/advisory.ts';

export type Epss = NonNullable<AdvisoryMatch['epss']>;

export interface EpssScores {
  readonly model: string;
  /** When the scores were made: as the file says it, undefined when it does not. */
  readonly date: string | undefined;
  readonly size: number;
  /** The highest score of these ids; ids that are no CVE have none. */
  readonly worstOf: (ids: readonly string[]) => Epss | undefined;
}

const mostRows = 2_000_000;

/** `wanted`: keeps those ids alone, as the whole list is some 300,000. Throws FEED_UNREADABLE. */
export function parseEpss(csv: string, wanted?: ReadonlySet<string>): EpssScores {
  const lines = linesOf(csv);
  const comment = lines.next().value ?? '';
  const model = /^#.*?model_version:([A-Za-z0-9._-]{1,40})/.exec(comment)?.[1];
  if (model === undefined) throw unreadable('it does not name its model');
  const date = /score_date:([0-9T:+.Z-]{10,40})/.exec(comment)?.[1];
  if (lines.next().value !== 'cve,epss,percentile') throw unreadable('its columns are not the known ones');
  const scores = new Map<string, readonly [score: number, percentile: number]>();
  let rows = 0;
  for (const line of lines) {
    rows += 1;
    const [, cve = '', score = '', percentile = ''] =
      /^(CVE-\d{4}-\d{4,19}),([0-9.e+-]{1,24}),([0-9.e+-]{1,24})$/.exec(line) ?? [];
    const values = [Number(score), Number(percentile)] as const;
    if (cve === '' || rows > mostRows || !values.every((value) => value >= 0 && value <= 1))
      throw unreadable(`row ${rows} cannot be read`);
    if (wanted === undefined || wanted.has(cve)) scores.set(cve, values);
  }
  return { model, date, size: scores.size, worstOf: (ids) => worstOf(ids, scores, model) };
}

function worstOf(
  ids: readonly string[],
  scores: ReadonlyMap<string, readonly [number, number]>,
  model: string,
): Epss | undefined {
  const found = ids.flatMap((id) => {
    const values = scores.get(id);
    return values === undefined ? [] : [{ score: values[0], percentile: values[1], model }];
  });
  return found.toSorted((a, b) => b.score - a.score)[0];
}

function* linesOf(text: string): Generator<string> {
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end < 0 ? text.length : end).trimEnd();
    from = end < 0 ? text.length : end + 1;
    if (line !== '') yield line;
  }
}

function unreadable(why: string): AssayError {
  return new AssayError('FEED_UNREADABLE', `the list of EPSS scores cannot be used: ${why}`);
}
