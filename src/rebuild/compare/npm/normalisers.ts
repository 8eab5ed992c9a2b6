/**
 * What may differ in a file without a person having to look, each by name and version. A token is forgiven only when it
 * is a known fact of the build; both sides are changed by the same rule, and neither is changed to what the other says.
 */
import type { BuildFacts, Normaliser, NormaliserPlace } from '../../../core/comparison-input.ts';
import { isJsonObject, type Json } from '../../../core/json.ts';
import { placeholderMark } from '../normalise.ts';
import { textOf } from '../text.ts';

/** What a token is replaced with begins so; files that hold it themselves are never normalised (`normalisePair`). */
const mark = placeholderMark;

function onText(change: (text: string, at: NormaliserPlace) => string): Normaliser['apply'] {
  return (content, at) => {
    const text = textOf(content);
    if (text === undefined) return content;
    const changed = change(text, at);
    return changed === text ? content : Buffer.from(changed, 'utf8');
  };
}

export const lineEndings: Normaliser = {
  name: 'line-endings',
  version: '1',
  reason: 'Lines end with CR LF on one side and LF on the other.',
  apply: (content) => {
    const text = content.includes(0x0d) ? textOf(content) : undefined;
    return text?.includes('\r\n') === true ? Buffer.from(text.replaceAll('\r\n', '\n'), 'utf8') : content;
  },
};

export const embeddedCommit: Normaliser = {
  name: 'embedded-commit',
  version: '1',
  reason: 'The file names the commit that was built, in full or shortened to seven digits or more.',
  apply: onText((text, { facts: { commit } }) =>
    commit === undefined
      ? text
      : text.replace(/(?<![0-9A-Za-z_])[0-9a-f]{7,64}(?![0-9A-Za-z_])/g, (token) =>
          commit.startsWith(token) ? `${mark}commit>` : token,
        ),
  ),
};

// ---- dates ----

const daySeconds = 86_400;

/** ISO 8601, RFC 9110, JavaScript's own, and seconds or milliseconds since 1970. */
const dateForms: readonly {
  readonly form: string;
  readonly pattern: RegExp;
  readonly known: (token: string, at: NormaliserPlace) => boolean;
}[] = [
  {
    form: 'time',
    pattern: /(?<![\d-])\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?(?![\d])/g,
    known: (token, at) => isKnownTime(Date.parse(withZone(token)) / 1000, at),
  },
  {
    form: 'http-date',
    pattern: /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b/g,
    known: (token, at) => isKnownTime(Date.parse(token) / 1000, at),
  },
  {
    form: 'js-date',
    pattern:
      /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4}(?: \([A-Za-z ]{1,60}\))?/g,
    known: (token, at) => isKnownTime(Date.parse(token.replace(/ \(.*$/, '')) / 1000, at),
  },
  {
    form: 'day',
    pattern: /(?<![\d-])\d{4}-\d\d-\d\d(?![\d-]|T\d| \d\d:)/g,
    known: (token, at) => isKnownDay(Date.parse(`${token}T00:00:00Z`) / 1000, at),
  },
  {
    form: 'epoch',
    pattern: /(?<![\w.])\d{10}(?:\d{3})?(?![\w.])/g,
    known: (token, at) =>
      instantsOf(at).includes(token.length === 10 ? Number(token) : Math.floor(Number(token) / 1000)),
  },
];

export const embeddedDate: Normaliser = {
  name: 'embedded-date',
  version: '1',
  reason:
    'The file names when it was built, and that is the time of the commit, the build or the publication.',
  apply: onText((text, at) =>
    dateForms.reduce(
      (so, { form, pattern, known }) =>
        so.replace(pattern, (token) => (known(token, at) ? `${mark}${form}>` : token)),
      text,
    ),
  ),
};

/** Without a zone a time is read as UTC, whatever machine this is. */
function withZone(token: string): string {
  return /(?:Z|[+-]\d\d:?\d\d)$/.test(token.slice(11)) ? token : `${token.replace(' ', 'T')}Z`;
}

/** The instants that both sides may name, in Unix seconds. */
function instantsOf({ side, facts }: NormaliserPlace): readonly number[] {
  const all = side === 'upstream' ? [facts.committedAt, facts.publishedAt] : [facts.committedAt];
  return [...all, facts.sourceDateEpoch].filter((instant) => instant !== undefined);
}

/**
 * Upstream was built between commit and publication, on the day before it at the earliest; here the clock begins at
 * SOURCE_DATE_EPOCH and may go on for the length of a build.
 */
function spanOf({ side, facts }: NormaliserPlace): readonly [number, number] | undefined {
  if (side === 'rebuilt') return [facts.sourceDateEpoch, facts.sourceDateEpoch + daySeconds];
  const { committedAt, publishedAt } = facts;
  if (publishedAt === undefined) return undefined;
  return [Math.max(committedAt ?? 0, publishedAt - daySeconds), publishedAt];
}

function isKnownTime(instant: number, at: NormaliserPlace): boolean {
  if (!Number.isFinite(instant)) return false;
  const span = spanOf(at);
  const second = Math.floor(instant);
  return instantsOf(at).includes(second) || (span !== undefined && second >= span[0] && second <= span[1]);
}

/** The day of an instant somewhere on earth: UTC-12 to UTC+14. */
function isKnownDay(midnight: number, at: NormaliserPlace): boolean {
  if (!Number.isFinite(midnight)) return false;
  const within = (from: number, to: number): boolean =>
    midnight + daySeconds > from - 12 * 3600 && midnight <= to + 14 * 3600;
  const span = spanOf(at);
  return (
    instantsOf(at).some((instant) => within(instant, instant)) || (span !== undefined && within(...span))
  );
}

// ---- paths ----

export const embeddedPath: Normaliser = {
  name: 'embedded-path',
  version: '1',
  reason: 'The file names the folder that it was built in.',
  apply: onText((text, { side, facts }) => replacePaths(text, knownPaths(facts, side))),
};

/** Longest first; nothing as short as `/` or `/src`, which would name much else. */
function knownPaths({ sourcePaths }: BuildFacts, side: NormaliserPlace['side']): readonly string[] {
  return sourcePaths[side]
    .map((path) => path.replace(/\/+$/, ''))
    .filter((path) => path.startsWith('/') && path.length >= 6)
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

function replacePaths(text: string, paths: readonly string[]): string {
  return paths.reduce((so, path) => {
    if (!so.includes(path)) return so;
    const quoted = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return so.replace(new RegExp(`(?<![\\w./-])${quoted}(?=[/"'\`\\s:),;]|$)`, 'gm'), `${mark}path>`);
  }, text);
}

/** A map is read by debuggers alone. Its `sources` are names; `mappings` and `sourcesContent` stay as they are. */
export const sourceMapPaths: Normaliser = {
  name: 'source-map-paths',
  version: '1',
  reason: 'A source map names its sources relative to another folder; nothing runs it.',
  apply: (content, at) => {
    if (!/\.map$/i.test(at.path)) return content;
    const map = parsed(content);
    if (!isJsonObject(map)) return content;
    const sources = map['sources'];
    if (!Array.isArray(sources)) return content;
    const paths = knownPaths(at.facts, at.side);
    const changed = {
      ...map,
      sources: (sources as readonly Json[]).map((source) =>
        typeof source === 'string' ? bareSource(source, paths) : source,
      ),
      ...(typeof map['sourceRoot'] === 'string' ? { sourceRoot: bareSource(map['sourceRoot'], paths) } : {}),
    };
    return written(changed) ?? content;
  },
};

/** Undefined for what is nested so deeply that it can be read and not be written. */
function written(value: unknown): Uint8Array | undefined {
  try {
    return Buffer.from(JSON.stringify(value), 'utf8');
  } catch {
    return undefined;
  }
}

function bareSource(source: string, paths: readonly string[]): string {
  return replacePaths(source.replace(/^file:\/\//, ''), paths)
    .replace(`${mark}path>`, '')
    .replace(/^webpack:\/\/[\w@.-]{0,100}/, '')
    .replace(/^(?:\.{0,2}\/)+/, '');
}

function parsed(content: Uint8Array): unknown {
  const text = textOf(content);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In the order they are applied. */
export const npmNormalisers: readonly Normaliser[] = [
  lineEndings,
  embeddedCommit,
  embeddedDate,
  embeddedPath,
  sourceMapPaths,
];
