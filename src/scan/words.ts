/**
 * The words that a file is searched for, and what each says. A word alone says little: Patterns are asked about
 * the text around it (at most 64 characters before, 240 after), so their work is bounded.
 */
import type { Signal } from './signals.ts';

export interface Word {
  readonly text: string;
  readonly signal: Signal;
  /** What must stand before it (ends with $) and after it (begins with ^). */
  readonly before?: RegExp;
  readonly after?: RegExp;
  /** A word of texts rather than of code: also looked for in strings that the syntax tree puts together. */
  readonly inStrings?: true;
}

export const afterImport = (signal: Signal, ...names: readonly string[]): readonly Word[] =>
  names.flatMap((name) =>
    [`'${name}'`, `"${name}"`].map((text) => ({
      text,
      signal,
      before: /(?:require|from|import)[\s(]{0,4}$/,
    })),
  );
export const inText = (signal: Signal, ...texts: readonly string[]): readonly Word[] =>
  texts.map((text) => ({ text, signal, inStrings: true as const }));
export const inCode = (signal: Signal, ...texts: readonly string[]): readonly Word[] =>
  texts.map((text) => ({ text, signal }));
export const followed = (signal: Signal, after: RegExp, ...texts: readonly string[]): readonly Word[] =>
  texts.map((text) => ({ text, signal, after, inStrings: true as const }));
export const preceded = (signal: Signal, before: RegExp, ...texts: readonly string[]): readonly Word[] =>
  texts.map((text) => ({ text, signal, before, inStrings: true as const }));
