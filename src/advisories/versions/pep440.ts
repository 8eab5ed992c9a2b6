/**
 * PyPI: PEP 440, its normalisations and its order. What is no such version ("legacy") comes before all that are, in
 * the order that setuptools gave it, because old advisories still name such versions.
 */
import { compareDigits, compareLists, compareText, orderBy, withoutZeros } from './order.ts';

interface Modern {
  readonly kind: 'modern';
  readonly epoch: string;
  /** Without zeros at the end. */
  readonly release: readonly string[];
  readonly pre: readonly [letter: string, number: string] | undefined;
  readonly post: string | undefined;
  readonly dev: string | undefined;
  readonly local: readonly string[];
}

interface Legacy {
  readonly kind: 'legacy';
  readonly parts: readonly string[];
}

const form = new RegExp(
  [
    /^\s*v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)/,
    /(?:[-_.]?(?<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?<preNumber>\d*))?/,
    /(?:-(?<implicit>\d+)|[-_.]?(?<post>post|rev|r)[-_.]?(?<postNumber>\d*))?/,
    /(?:[-_.]?(?<dev>dev)[-_.]?(?<devNumber>\d*))?/,
    /(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

const preLetters: Readonly<Record<string, string>> = {
  alpha: 'a',
  beta: 'b',
  c: 'rc',
  pre: 'rc',
  preview: 'rc',
};

export const pep440Order = orderBy(parse, (a, b) => {
  if (a.kind === 'modern' && b.kind === 'modern') return compareModern(a, b);
  if (a.kind === 'legacy' && b.kind === 'legacy') return compareLists(a.parts, b.parts, compareLegacyParts);
  return a.kind === 'legacy' ? -1 : 1;
});

function parse(text: string): Modern | Legacy {
  const groups = form.exec(text.toLowerCase())?.groups;
  if (groups === undefined) return { kind: 'legacy', parts: legacyParts(text.toLowerCase()) };
  const { epoch = '', release = '', pre, preNumber = '', implicit, post, postNumber = '' } = groups;
  const { dev, devNumber = '', local } = groups;
  return {
    kind: 'modern',
    epoch,
    release: trimmed(release.split('.')),
    pre: pre === undefined ? undefined : [preLetters[pre] ?? pre, preNumber],
    post: implicit ?? (post === undefined ? undefined : postNumber),
    dev: dev === undefined ? undefined : devNumber,
    local: local === undefined ? [] : local.split(/[-_.]/),
  };
}

function trimmed(release: readonly string[]): readonly string[] {
  const last = release.findLastIndex((number) => withoutZeros(number) !== '');
  return release.slice(0, last + 1);
}

function compareModern(a: Modern, b: Modern): number {
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareLists(a.release, b.release, (x = '', y = '') => compareDigits(x, y)) ||
    comparePre(a, b) ||
    compareOptional(a.post, b.post, -1) ||
    compareOptional(a.dev, b.dev, 1) ||
    compareLocal(a.local, b.local)
  );
}

/** A development release of no prerelease and no post-release comes before all prereleases. */
function comparePre(a: Modern, b: Modern): number {
  const rank = ({ pre, post, dev }: Modern): number =>
    pre !== undefined ? 0 : post === undefined && dev !== undefined ? -1 : 1;
  const ranks = rank(a) - rank(b);
  if (ranks !== 0 || a.pre === undefined || b.pre === undefined) return ranks;
  return compareText(a.pre[0], b.pre[0]) || compareDigits(a.pre[1], b.pre[1]);
}

/** `missing`: where a version without it sorts, before (-1) or after (1) those that have it. */
function compareOptional(a: string | undefined, b: string | undefined, missing: -1 | 1): number {
  if (a !== undefined && b !== undefined) return compareDigits(a, b);
  return a === b ? 0 : a === undefined ? missing : -missing;
}

/** Fewer parts first; words before numbers. */
function compareLocal(a: readonly string[], b: readonly string[]): number {
  return compareLists(a, b, (left, right) => {
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const [isLeft, isRight] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (isLeft && isRight) return compareDigits(left, right);
    return isLeft === isRight ? compareText(left, right) : isLeft ? 1 : -1;
  });
}

const legacyNames: Readonly<Record<string, string>> = {
  pre: 'c',
  preview: 'c',
  '-': 'final-',
  rc: 'c',
  dev: '@',
};

function legacyParts(text: string): readonly string[] {
  const parts: string[] = [];
  const pop = (what: string): void => {
    while (parts.at(-1) === what) parts.pop();
  };
  for (const [found] of text.matchAll(/\d+|[a-z]+|[^\da-z.]/g)) {
    const part = Object.hasOwn(legacyNames, found) ? (legacyNames[found] ?? found) : found;
    const marked = /^\d/.test(part) ? part.padStart(8, '0') : `*${part}`;
    if (marked.startsWith('*')) {
      if (marked < '*final') pop('*final-');
      pop('00000000');
    }
    parts.push(marked);
  }
  return [...parts, '*final'];
}

function compareLegacyParts(a: string | undefined, b: string | undefined): number {
  return a === undefined || b === undefined ? (a === undefined ? -1 : 1) : compareText(a, b);
}
