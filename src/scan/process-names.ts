/** Of code that is not parsed: whether what is imported as `process` gives all of its environment away. */
import { bufferOf } from './byte-facts.ts';
import type { Placed } from './chains.ts';

const mostNames = 10;
const imported =
  /(?:\bimport\s{1,4}(?:\*\s{0,4}as\s{1,4})?([A-Za-z_$][\w$]{0,60})\s{1,4}from\s{0,4}|([A-Za-z_$][\w$]{0,60})\s{0,4}=\s{0,4}require\(\s{0,4})$/;
const before = 160;

/** The sign of the import becomes that of the whole environment, unless each import has a name that is asked for single variables alone. */
export function withProcessNames(bytes: Uint8Array, signs: readonly Placed[]): readonly Placed[] {
  const imports = signs.filter(({ sign }) => sign === 'environment-module');
  if (imports.length === 0) return signs;
  const text = bufferOf(bytes).toString('latin1');
  const names = new Set(imports.map(({ at }) => nameAt(text, at)));
  const isPlain =
    names.size <= mostNames && [...names].every((name) => name !== undefined && !givesAway(text, name));
  if (isPlain) return signs;
  return signs.map((one) =>
    one.sign === 'environment-module' ? { ...one, sign: 'environment-whole' as const } : one,
  );
}

function nameAt(text: string, at: number): string | undefined {
  const match = imported.exec(text.slice(Math.max(0, at - before), at));
  return match?.[1] ?? match?.[2];
}

/** `name.env` without a variable, `name['env']`, or the name itself as a value: all but `name.other`. */
function givesAway(text: string, name: string): boolean {
  const own = name.replaceAll('$', '\\$');
  const uses = new RegExp(
    `(?<![\\w$.])${own}(?![\\w$])(?!\\s{0,4}\\??\\.(?!env(?![\\w$]))[A-Za-z_$])(?!\\s{0,4}\\??\\.env\\??\\.[A-Za-z_$])(?!\\s{1,4}from\\b)(?!\\s{0,4}=\\s{0,4}require\\()`,
  );
  return uses.test(text);
}
