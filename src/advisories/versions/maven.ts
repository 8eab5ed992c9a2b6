/**
 * Maven: the order of `ComparableVersion` (Maven's "Version Order Specification"). A version is a list of numbers and
 * words; `-` and a change between digits and letters open a list within it.
 */
import { compareDigits, compareText, orderBy, withoutZeros } from './order.ts';

type Item =
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'list'; readonly items: Item[] };
type List = Extract<Item, { kind: 'list' }>;

/** Their place is their rank; a word that is none of these comes after all of them. */
const qualifiers = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const aliases: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' };
const beforeDigit: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };
const released = qualifiers.indexOf('');

export const mavenOrder = orderBy(parse, compareItems);

function parse(text: string): List | undefined {
  if (!/^[\x21-\x7e]+$/.test(text)) return undefined;
  const root: List = { kind: 'list', items: [] };
  const lists = [root];
  let list = root;
  const open = (): void => {
    const inner: List = { kind: 'list', items: [] };
    list.items.push(inner);
    lists.push(inner);
    list = inner;
  };
  for (const { piece, separator } of piecesOf(text.toLowerCase())) {
    list.items.push(piece);
    if (separator !== '.' && separator !== '') open();
  }
  // The innermost first: a list may only become empty once those within it are.
  for (const one of lists.reverse()) dropNulls(one.items);
  return root;
}

interface Piece {
  readonly piece: Item;
  /** `.`, `-`, `change` (between digits and letters) or empty at the end. */
  readonly separator: string;
}

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const end = endOfPiece(text, at);
    const next = text[end] ?? '';
    const isSeparator = next === '.' || next === '-';
    const separator = isSeparator ? next : next === '' ? '' : 'change';
    pieces.push({ piece: itemOf(text.slice(at, end), separator === 'change'), separator });
    at = isSeparator ? end + 1 : end;
  }
  return pieces;
}

function endOfPiece(text: string, from: number): number {
  const digits = isDigit(text[from]);
  let at = from;
  while (at < text.length && text[at] !== '.' && text[at] !== '-' && isDigit(text[at]) === digits) at += 1;
  return at;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function itemOf(text: string, isBeforeDigit: boolean): Item {
  if (text === '' || isDigit(text[0])) return { kind: 'number', digits: withoutZeros(text) };
  const word = isBeforeDigit && Object.hasOwn(beforeDigit, text) ? beforeDigit[text] : undefined;
  return { kind: 'word', word: word ?? (Object.hasOwn(aliases, text) ? aliases[text] : undefined) ?? text };
}

/** Zeros, empty words and empty lists at the end say nothing, nor do those before a list. */
function dropNulls(items: Item[]): void {
  for (let at = items.length - 1; at >= 0; at -= 1) {
    const item = items[at];
    if (item === undefined) return;
    if (isNull(item)) {
      items.splice(at, 1);
      const [only] = items;
      const isWrapped = at === 0 && item.kind === 'word' && items.length === 1;
      // `1-ga-1` is `1-1`.
      if (isWrapped && only?.kind === 'list') items.splice(0, 1, ...only.items);
    } else if (item.kind !== 'list') return;
  }
}

function isNull(item: Item): boolean {
  switch (item.kind) {
    case 'number':
      return item.digits === '';
    case 'word':
      return item.word === '';
    case 'list':
      return item.items.length === 0;
  }
}

const kindRanks = { word: 0, list: 1, number: 2 } as const;

function compareItems(a: Item | undefined, b: Item | undefined): number {
  if (a === undefined || b === undefined) return a === undefined ? -againstNothing(b) : againstNothing(a);
  if (a.kind === 'number' && b.kind === 'number') return compareDigits(a.digits, b.digits);
  if (a.kind === 'word' && b.kind === 'word') return compareWords(a.word, b.word);
  if (a.kind === 'list' && b.kind === 'list') {
    for (let at = 0; at < Math.max(a.items.length, b.items.length); at += 1) {
      const sign = compareItems(a.items[at], b.items[at]);
      if (sign !== 0) return sign;
    }
    return 0;
  }
  return kindRanks[a.kind] - kindRanks[b.kind];
}

function againstNothing(item: Item | undefined): number {
  switch (item?.kind) {
    case undefined:
      return 0;
    case 'number':
      return item.digits === '' ? 0 : 1;
    case 'word':
      return compareWords(item.word, '');
    case 'list':
      return againstNothing(item.items[0]);
  }
}

function compareWords(a: string, b: string): number {
  const [left, right] = [rankOf(a), rankOf(b)];
  return left - right || (left > released + 1 ? compareText(a, b) : 0);
}

function rankOf(word: string): number {
  const rank = qualifiers.indexOf(word);
  return rank < 0 ? qualifiers.length : rank;
}
