/** What a package.json declares as its licence, in every form that npm ever took. */
import { isJsonObject, own, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { readExpression, type Declared } from '../../licences/expression.ts';

export interface DeclaredLicence {
  readonly declared: Declared;
  /** `license` as a text is the only form that npm still describes. */
  readonly form: 'text' | 'object' | 'list' | 'none';
}

/** Of an old list the user may choose, as npm once said of it. */
const maxEntries = 20;

export function declaredIn(packageJson: JsonObject): DeclaredLicence {
  for (const key of ['license', 'licence', 'licenses']) {
    const value = own(packageJson, key);
    if (typeof value === 'string') return { declared: readExpression(value), form: 'text' };
    if (Array.isArray(value) && value.length > 0) return { declared: ofList(value), form: 'list' };
    const named = nameOf(value);
    if (named !== undefined) return { declared: readExpression(named), form: 'object' };
  }
  return { declared: { kind: 'none' }, form: 'none' };
}

function ofList(entries: readonly Json[]): Declared {
  const names = entries.map(nameOf);
  if (names.length > maxEntries || names.some((name) => name === undefined)) {
    return { kind: 'unreadable', text: 'a list of licences' };
  }
  return readExpression(
    names.length === 1 ? (names[0] ?? '') : names.map((name) => `(${name})`).join(' OR '),
  );
}

function nameOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (!isJsonObject(value)) return undefined;
  return ownString(value, 'type') ?? ownString(value, 'name');
}
