/** What a package declares as its licence, read as an SPDX expression (SPDX 2.3 annex D) or as one of the words that are none. */
import parse from 'spdx-expression-parse';
import { correct } from './correct.ts';
import { termOf, termText, type LicenceTerm } from './ids.ts';

export type LicenceExpression =
  | { readonly kind: 'term'; readonly term: LicenceTerm }
  | {
      readonly kind: 'and' | 'or';
      readonly left: LicenceExpression;
      readonly right: LicenceExpression;
    };

/**
 * `none`: no licence is named. `file`: `SEE LICENSE IN …`. `unlicensed`: npm's word for "no rights are granted".
 * `no-assertion`: `NOASSERTION` or `NONE`. `unreadable`: no expression, and nothing it could stand for.
 * All but `expression` are unknown licences; `unlicensed` is known to grant nothing.
 */
export type Declared =
  | {
      readonly kind: 'expression';
      readonly expression: LicenceExpression;
      /** In today's ids. */
      readonly text: string;
      /** What was written, where it is no expression as it stands. */
      readonly corrected: string | undefined;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'file' | 'unlicensed' | 'no-assertion' | 'unreadable'; readonly text: string };

/** The longest that a package of a survey had has 60 characters. The parser is recursive, and quadratic in length. */
export const maxExpressionLength = 1000;

/** Never throws. */
export function readExpression(text: string): Declared {
  const plain = text.trim();
  if (plain === '') return { kind: 'none' };
  if (plain.length > maxExpressionLength) return { kind: 'unreadable', text: plain.slice(0, 200) };
  if (/^see licen[cs]e (?:in|at)\b/i.test(plain)) return { kind: 'file', text: plain };
  if (/^unlicensed$/i.test(plain)) return { kind: 'unlicensed', text: plain };
  if (/^(?:noassertion|none)$/i.test(plain)) return { kind: 'no-assertion', text: plain };
  const expression = parsed(plain);
  if (expression !== undefined) {
    return { kind: 'expression', expression, text: expressionText(expression), corrected: undefined };
  }
  const mended = correct(plain);
  const other = mended === undefined ? undefined : parsed(mended);
  if (other === undefined) return { kind: 'unreadable', text: plain };
  return { kind: 'expression', expression: other, text: expressionText(other), corrected: plain };
}

function parsed(text: string): LicenceExpression | undefined {
  try {
    return fromTree(parse(text));
  } catch {
    return undefined;
  }
}

function fromTree(tree: parse.Info): LicenceExpression {
  if ('license' in tree) {
    return { kind: 'term', term: termOf(tree.license, tree.plus === true, tree.exception) };
  }
  return { kind: tree.conjunction, left: fromTree(tree.left), right: fromTree(tree.right) };
}

/** In today's ids, with the parentheses that it needs and no others. */
export function expressionText(expression: LicenceExpression): string {
  if (expression.kind === 'term') return termText(expression.term);
  const side = (one: LicenceExpression): string => {
    const inner = expressionText(one);
    return one.kind === 'or' && expression.kind === 'and' ? `(${inner})` : inner;
  };
  return `${side(expression.left)} ${expression.kind.toUpperCase()} ${side(expression.right)}`;
}

/** Its terms, from left to right. */
export function termsOf(expression: LicenceExpression): readonly LicenceTerm[] {
  if (expression.kind === 'term') return [expression.term];
  return [...termsOf(expression.left), ...termsOf(expression.right)];
}
