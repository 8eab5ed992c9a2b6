/**
 * A small lexer for our own TypeScript: enough to know identifiers, strings and punctuation from comments,
 * templates and regular expressions, so that the walls are checked on code and never on text.
 */
export interface Token {
  readonly kind: 'word' | 'string' | 'template' | 'regexp' | 'number' | 'punctuation';
  /** A string's content without its quotes (escapes left as written), otherwise the text itself. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

export interface ImportOf {
  /** Undefined where it is computed at run time. */
  readonly specifier: string | undefined;
  readonly how: 'import' | 'export' | 'dynamic' | 'require';
  readonly typeOnly: boolean;
  /** Names taken from the module as the module calls them; `*` for all of it, `default` for a default import. */
  readonly names: readonly string[];
  readonly line: number;
}

const word = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*/uy;
const number = /(?:0[xXbBoO][\da-fA-F_]+n?|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?n?|\.\d[\d_]*)/y;
const blank = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const quoted = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const regexp = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** Words after which a slash begins a regular expression, not a division. */
const wordsBeforeValue = new Set(
  'return typeof case in of delete void throw new do else instanceof yield await extends default'.split(' '),
);

/** Throws a SyntaxError where the text is no TypeScript this lexer knows. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  /** For every open `${`, how many `{` are open inside it. */
  const templates: number[] = [];
  let at = 0;
  let line = 1;
  const push = (kind: Token['kind'], text: string, length: number): void => {
    tokens.push({ kind, text, line });
    advance(length);
  };
  const advance = (length: number): void => {
    for (let index = at; index < at + length; index += 1) if (source[index] === '\n') line += 1;
    at += length;
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  if (source.startsWith('#!')) advance(source.indexOf('\n'));
  while (at < source.length) {
    const skipped = match(blank);
    if (skipped !== undefined) {
      advance(skipped.length);
      continue;
    }
    const character = source[at] ?? '';
    const inside = templates.at(-1);
    if (character === '`' || (character === '}' && inside === 0)) {
      if (character === '}') templates.pop();
      const end = templateEnd(source, at + 1, line);
      if (source[end] === '$') templates.push(0);
      const length = end + (source[end] === '$' ? 2 : 1) - at;
      push('template', source.slice(at, at + length), length);
      continue;
    }
    if (inside !== undefined && character === '{') templates[templates.length - 1] = inside + 1;
    if (inside !== undefined && character === '}') templates[templates.length - 1] = inside - 1;
    const text = match(quoted);
    const found = text ?? (isValueNext(tokens.at(-1)) ? match(regexp) : undefined);
    if (text !== undefined) push('string', text.slice(1, -1), text.length);
    else if (found !== undefined) push('regexp', found, found.length);
    else pushPlain(match(word), match(number), character, push);
  }
  return tokens;
}

function pushPlain(
  name: string | undefined,
  digits: string | undefined,
  character: string,
  push: (kind: Token['kind'], text: string, length: number) => void,
): void {
  if (name !== undefined) push('word', name, name.length);
  else if (digits !== undefined) push('number', digits, digits.length);
  else push('punctuation', character, 1);
}

function isValueNext(previous: Token | undefined): boolean {
  if (previous === undefined) return true;
  if (previous.kind === 'word') return wordsBeforeValue.has(previous.text);
  if (previous.kind === 'template') return previous.text.endsWith('${');
  return previous.kind === 'punctuation' && !/^[)\]]$/.test(previous.text);
}

/** Index of the closing backtick, or of the `$` of the next `${`. */
function templateEnd(source: string, from: number, line: number): number {
  for (let index = from; index < source.length; index += 1) {
    if (source[index] === '\\') index += 1;
    else if (source[index] === '`') return index;
    else if (source[index] === '$' && source[index + 1] === '{') return index;
  }
  throw new SyntaxError(`template not closed, line ${line}`);
}

export function importsOf(tokens: readonly Token[]): readonly ImportOf[] {
  return tokens.flatMap((token, index) => {
    if (token.kind !== 'word' || isMember(tokens, index)) return [];
    if (token.text === 'import') return importAt(tokens, index);
    if (token.text === 'export') return exportAt(tokens, index);
    if (token.text === 'require' && isPunctuation(tokens[index + 1], '('))
      return [called(tokens, index, 'require')];
    return [];
  });
}

function importAt(tokens: readonly Token[], index: number): readonly ImportOf[] {
  const next = tokens[index + 1];
  if (isPunctuation(next, '.')) return [];
  if (isPunctuation(next, '(')) return [called(tokens, index, 'dynamic')];
  if (next?.kind === 'string') {
    return [{ specifier: next.text, how: 'import', typeOnly: false, names: [], line: next.line }];
  }
  return clause(tokens, index, 'import');
}

function exportAt(tokens: readonly Token[], index: number): readonly ImportOf[] {
  const first = tokens[index + 1];
  const start = first?.text === 'type' ? tokens[index + 2] : first;
  return isPunctuation(start, '{') || isPunctuation(start, '*') ? clause(tokens, index, 'export') : [];
}

/** From `import` or `export` to the module's name after `from`; nothing when there is none before the statement ends. */
function clause(tokens: readonly Token[], index: number, how: 'import' | 'export'): readonly ImportOf[] {
  const body: Token[] = [];
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined || isPunctuation(token, ';') || isPunctuation(token, '=')) return [];
    const previous = tokens[at - 1];
    if (token.kind === 'string' && previous?.text === 'from') {
      const names = namesIn(body.slice(0, -1));
      return [{ specifier: token.text, how, ...names, line: token.line }];
    }
    if (how === 'export' && isPunctuation(previous, '}') && token.text !== 'from') return [];
    body.push(token);
  }
  return [];
}

function namesIn(body: readonly Token[]): Pick<ImportOf, 'names' | 'typeOnly'> {
  const declared = body[0]?.text === 'type' && body.length > 1 && !isPunctuation(body[1], ',');
  const rest = declared ? body.slice(1) : body;
  const names: string[] = [];
  let allTypes = rest.some((token) => isPunctuation(token, '{'));
  let depth = 0;
  for (const [index, token] of rest.entries()) {
    if (isPunctuation(token, '{')) depth += 1;
    if (isPunctuation(token, '*')) names.push('*');
    const before = rest[index - 1];
    const starts = depth > 0 ? isPunctuation(before, '{') || isPunctuation(before, ',') : index === 0;
    if (token.kind !== 'word' || !starts) continue;
    const following = rest[index + 1];
    const typed = depth > 0 && token.text === 'type' && following?.kind === 'word' && following.text !== 'as';
    if (!typed) allTypes = false;
    names.push(depth === 0 ? 'default' : typed ? following.text : token.text);
  }
  if (names.includes('*') || names.includes('default')) allTypes = false;
  return { names, typeOnly: declared || allTypes };
}

function called(tokens: readonly Token[], index: number, how: 'dynamic' | 'require'): ImportOf {
  const argument = tokens[index + 2];
  const end = tokens[index + 3];
  const literal = argument?.kind === 'string' && (isPunctuation(end, ')') || isPunctuation(end, ','));
  const specifier = literal ? argument.text : undefined;
  return { specifier, how, typeOnly: false, names: ['*'], line: tokens[index]?.line ?? 0 };
}

/** Whether the word at `index` is a property's name (`x.import`). */
export function isMember(tokens: readonly Token[], index: number): boolean {
  return isPunctuation(tokens[index - 1], '.') && !isPunctuation(tokens[index - 2], '.');
}

export function isPunctuation(token: Token | undefined, text: string): boolean {
  return token?.kind === 'punctuation' && token.text === text;
}
