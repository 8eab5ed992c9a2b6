/**
 * What a package declares as its licence, as the formats tell it: an SPDX expression, or a text that is none. Readers
 * of a document refuse the whole of it for one wrong expression, so only ids of the SPDX list are told as such.
 */
import deprecatedExceptions from 'spdx-exceptions/deprecated.json' with { type: 'json' };
import exceptions from 'spdx-exceptions/index.json' with { type: 'json' };
import deprecatedIds from 'spdx-license-ids/deprecated.json' with { type: 'json' };
import licenceIds from 'spdx-license-ids/index.json' with { type: 'json' };
import { plainText } from './document.ts';

export type LicenceField =
  | { readonly kind: 'none' }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'expression'; readonly expression: string }
  /** `SEE LICENSE IN …`, `UNLICENSED`, `MIT/X11`, references of the author's own. */
  | { readonly kind: 'text'; readonly text: string };

const longest = 1000;
const knownIds: ReadonlySet<string> = new Set([...licenceIds, ...deprecatedIds]);
const knownExceptions: ReadonlySet<string> = new Set([...exceptions, ...deprecatedExceptions]);

export function licenceField(declared: string | undefined): LicenceField {
  const text = declared?.trim() ?? '';
  if (text === '') return { kind: 'none' };
  if (knownIds.has(text)) return { kind: 'id', id: text };
  return text.length <= longest && isExpression(text)
    ? { kind: 'expression', expression: text.replace(/\s+/g, ' ') }
    : { kind: 'text', text: plainText(text) };
}

/** SPDX 2.3, annex D: ids with `+` and `WITH`, `AND` and `OR`, parentheses. */
function isExpression(text: string): boolean {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let depth = 0;
  let wantsOperand = true;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? '';
    if (wantsOperand && token === '(') depth += 1;
    else if (!wantsOperand && token === ')') depth -= 1;
    else if (!wantsOperand && (token === 'AND' || token === 'OR')) wantsOperand = true;
    else if (wantsOperand && (knownIds.has(token) || knownIds.has(token.replace(/\+$/, '')))) {
      wantsOperand = false;
      if (tokens[at + 1] === 'WITH') {
        if (!knownExceptions.has(tokens[at + 2] ?? '')) return false;
        at += 2;
      }
    } else return false;
    if (depth < 0) return false;
  }
  return depth === 0 && !wantsOperand;
}
