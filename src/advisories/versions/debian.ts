/** Debian: `[epoch:]upstream[-revision]`, compared as deb-version(7) says. */
import { compareDigits, orderBy } from './order.ts';

interface DebianVersion {
  readonly epoch: string;
  readonly upstream: string;
  readonly revision: string;
}

export const debianOrder = orderBy(
  parse,
  (a, b) =>
    compareDigits(a.epoch, b.epoch) ||
    comparePart(a.upstream, b.upstream) ||
    comparePart(a.revision, b.revision),
);

function parse(text: string): DebianVersion | undefined {
  if (!/^[\x21-\x7e]+$/.test(text)) return undefined;
  const [, epoch = '', rest = ''] = /^(?:(\d+):)?(.*)$/.exec(text) ?? [];
  const dash = rest.lastIndexOf('-');
  return dash < 0
    ? { epoch, upstream: rest, revision: '' }
    : { epoch, upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) };
}

/** Runs of other characters and of digits, by turns, from the left. */
function comparePart(a: string, b: string): number {
  let [left, right] = [0, 0];
  while (left < a.length || right < b.length) {
    const [leftEnd, rightEnd] = [endOf(a, left, false), endOf(b, right, false)];
    const words = compareWords(a.slice(left, leftEnd), b.slice(right, rightEnd));
    if (words !== 0) return words;
    [left, right] = [endOf(a, leftEnd, true), endOf(b, rightEnd, true)];
    const numbers = compareDigits(a.slice(leftEnd, left), b.slice(rightEnd, right));
    if (numbers !== 0) return numbers;
  }
  return 0;
}

function endOf(text: string, from: number, digits: boolean): number {
  let at = from;
  while (at < text.length && isDigit(text.charCodeAt(at)) === digits) at += 1;
  return at;
}

function compareWords(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const sign = weightOf(a, at) - weightOf(b, at);
    if (sign !== 0) return sign;
  }
  return 0;
}

/** A tilde sorts before the end, letters before everything else. */
function weightOf(text: string, at: number): number {
  if (at >= text.length) return 0;
  const code = text.charCodeAt(at);
  if (code === 0x7e) return -1;
  return /[A-Za-z]/.test(text[at] ?? '') ? code : code + 256;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
