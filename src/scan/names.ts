/**
 * Names made to be taken for others. Pure: the popular names are given, and a popular package is never taken for a
 * copy of another. Work is bounded by the length of the one name, not by the number of popular ones.
 */

export interface NameMatch {
  /** The popular name that it resembles. */
  readonly popular: string;
  readonly how:
    | 'one character'
    | 'swapped characters'
    | 'look-alike characters'
    | 'order of words'
    | 'separator'
    | 'scope';
}

export interface PopularNames {
  readonly has: (name: string) => boolean;
}

/** Shorter names resemble everything. */
const shortest = 5;
const longest = 60;
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789-._';
const mostWords = 4;

/** Digits and pairs that read like letters, and letters of other scripts (a registry's old names may hold them). */
const lookAlikes: readonly (readonly [string, string])[] = [
  ['0', 'o'],
  ['1', 'l'],
  ['5', 's'],
  ['rn', 'm'],
  ['vv', 'w'],
  ['\u0430', 'a'],
  ['\u0435', 'e'],
  ['\u043e', 'o'],
  ['\u0440', 'p'],
  ['\u0441', 'c'],
  ['\u0445', 'x'],
  ['\u0443', 'y'],
  ['\u0456', 'i'],
];

/** Undefined for popular names themselves, and for those that resemble none. */
export function resembles(name: string, popular: PopularNames): NameMatch | undefined {
  if (popular.has(name) || name.length > 214) return undefined;
  if (name.startsWith('@')) return scoped(name, popular);
  return plain(name, popular);
}

function plain(name: string, popular: PopularNames): NameMatch | undefined {
  if (name.length < shortest || name.length > longest) return undefined;
  return (
    find(lookAlikesOf(name), popular, 'look-alike characters') ??
    find(swaps(name), popular, 'swapped characters') ??
    find(edits(name), popular, 'one character') ??
    find(separators(name), popular, 'separator') ??
    find(orders(name), popular, 'order of words')
  );
}

/** `@typess/node` for `@types/node`, `@acme/lodahs` for nobody's; and `@types-node` is no scope at all. */
function scoped(name: string, popular: PopularNames): NameMatch | undefined {
  const slash = name.indexOf('/');
  if (slash === -1 || name.length > 2 * longest) return undefined;
  const scope = name.slice(1, slash);
  const rest = name.slice(slash);
  if (scope.length < shortest) return undefined;
  const variants = [...lookAlikesOf(scope), ...swaps(scope), ...edits(scope)];
  return find(
    variants.map((variant) => `@${variant}${rest}`),
    popular,
    'scope',
  );
}

function find(names: Iterable<string>, popular: PopularNames, how: NameMatch['how']): NameMatch | undefined {
  for (const candidate of names)
    if (candidate.length >= 4 && popular.has(candidate)) return { popular: candidate, how };
  return undefined;
}

function lookAlikesOf(name: string): readonly string[] {
  const each = lookAlikes.flatMap(([shown, meant]) =>
    name.includes(shown) ? [name.replaceAll(shown, meant)] : [],
  );
  const all = lookAlikes.reduce((text, [shown, meant]) => text.replaceAll(shown, meant), name);
  return [...each, all].filter((one) => one !== name);
}

function swaps(name: string): readonly string[] {
  return Array.from(
    { length: name.length - 1 },
    (_, i) => `${name.slice(0, i)}${name[i + 1]}${name[i]}${name.slice(i + 2)}`,
  );
}

/** Everything one insertion, deletion or replacement away. */
function* edits(name: string): Generator<string> {
  for (let i = 0; i <= name.length; i += 1) {
    const left = name.slice(0, i);
    const right = name.slice(i);
    if (right !== '') yield left + right.slice(1);
    for (const letter of alphabet) {
      if (right !== '') yield left + letter + right.slice(1);
      yield left + letter + right;
    }
  }
}

/** `react_dom`, `react.dom` and `reactdom` for `react-dom`; a scope written as part of a name (`types-node`). */
function* separators(name: string): Generator<string> {
  const words = name.split(/[-._]/);
  if (words.length > mostWords) return;
  for (const separator of ['-', '', '.', '_']) yield words.join(separator);
  const [scope = '', ...rest] = words;
  if (rest.length > 0) yield `@${scope}/${rest.join('-')}`;
  for (let i = 2; i < name.length - 2; i += 1) yield `${name.slice(0, i)}-${name.slice(i)}`;
}

function orders(name: string): readonly string[] {
  const words = name.split('-');
  if (words.length < 2 || words.length > mostWords) return [];
  return permutations(words).map((order) => order.join('-'));
}

function permutations(words: readonly string[]): readonly (readonly string[])[] {
  if (words.length <= 1) return [words];
  return words.flatMap((word, i) =>
    permutations([...words.slice(0, i), ...words.slice(i + 1)]).map((rest) => [word, ...rest]),
  );
}
