/** Rewrites the corpus's own plain JavaScript: names, strings and blanks. Understands no more than `Payload` allows. */

interface Piece {
  readonly kind: 'word' | 'string' | 'regexp' | 'blank' | 'comment' | 'other';
  readonly text: string;
}

const lexeme =
  /(?<comment>\/\/[^\n]*)|(?<string>'(?:[^'\\\n]|\\.)*')|(?<word>[A-Za-z_$][\w$]*)|(?<blank>\s+)|(?<number>\d[\w.]*)|[^]/y;
const regexp = /\/(?![/*\s])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

function piecesOf(code: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let before = '';
  for (let at = 0; at < code.length;) {
    regexp.lastIndex = at;
    const literal = /^$|[(,=:[!&|?{};]$|^return$/.test(before) ? regexp.exec(code)?.[0] : undefined;
    lexeme.lastIndex = at;
    const found = lexeme.exec(code);
    const text = literal ?? found?.[0] ?? '';
    const { comment, string, word, blank } = found?.groups ?? {};
    const kind =
      literal !== undefined
        ? 'regexp'
        : comment !== undefined
          ? 'comment'
          : string !== undefined
            ? 'string'
            : word !== undefined
              ? 'word'
              : blank !== undefined
                ? 'blank'
                : 'other';
    pieces.push({ kind, text });
    if (kind !== 'blank' && kind !== 'comment') before = text;
    at += text.length;
  }
  return pieces;
}

/** Names that the code declares: variables, functions and parameters written as `function name(a, b)` or `(a, b) =>`. */
export function declaredNames(code: string): readonly string[] {
  const names = new Set<string>();
  for (const [, name = ''] of code.matchAll(
    /\b(?:const|let|var|function|class|import)\s+([A-Za-z_$][\w$]*)/g,
  )) {
    names.add(name);
  }
  const lists = [...code.matchAll(/function\s*[\w$]*\s*\(([\w$,\s]*)\)|\(([\w$,\s]*)\)\s*=>/g)];
  for (const [, first, second] of lists) {
    for (const name of (first ?? second ?? '').split(',')) if (name.trim() !== '') names.add(name.trim());
  }
  return [...names];
}

/** Every declared name by the new one; names of properties and keys stay. */
export function renameAll(code: string, newName: (index: number) => string): string {
  const names = new Map(declaredNames(code).map((name, index) => [name, newName(index)]));
  const pieces = piecesOf(code);
  const isKey = (index: number, before: string): boolean => {
    const next = pieces.slice(index + 1, index + 3).find(({ kind }) => kind !== 'blank');
    return next?.text === ':' && (before === '{' || before === ',');
  };
  let before = '';
  return pieces
    .map(({ kind, text }, index) => {
      const isName = kind === 'word' && before !== '.' && !isKey(index, before);
      const changed = isName ? (names.get(text) ?? text) : text;
      if (kind !== 'blank') before = text;
      return changed;
    })
    .join('');
}

/** Comments gone, every run of blanks as short as it can be, all in one line. */
export function collapse(code: string): string {
  let out = '';
  let blank = false;
  for (const { kind, text } of piecesOf(code)) {
    if (kind === 'blank' || kind === 'comment') {
      blank = true;
      continue;
    }
    if (blank && /[\w$]$/.test(out) && /^[\w$]/.test(text)) out += ' ';
    out += text;
    blank = false;
  }
  return out;
}

/** Every string literal by what `write` makes of its content; module names of `import … from` stay. */
export function rewriteStrings(code: string, write: (content: string) => string): string {
  let before = '';
  return piecesOf(code)
    .map(({ kind, text }) => {
      const keep = kind !== 'string' || before === 'from' || before === 'import';
      if (kind !== 'blank') before = text;
      return keep ? text : write(unquoted(text));
    })
    .join('');
}

function unquoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  return text.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}

export function quoted(content: string): string {
  return `'${content.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}

/** `'registry'` → `('reg' + 'ist' + 'ry')`: pieces of three or four characters. */
export function concatenated(content: string): string {
  if (content.length < 4) return quoted(content);
  const parts: string[] = [];
  for (let at = 0; at < content.length; at += parts.at(-1)?.length ?? 0) {
    parts.push(content.slice(at, at + 3 + (parts.length % 2)));
  }
  return `(${parts.map(quoted).join(' + ')})`;
}

export function hexEscaped(content: string): string {
  const escaped = [...Buffer.from(content, 'utf16le')].flatMap((byte, index, all) =>
    index % 2 === 0 ? [`\\u${((all[index + 1] ?? 0) * 256 + byte).toString(16).padStart(4, '0')}`] : [],
  );
  return `'${escaped.map((unit) => unit.replace(/^\\u00/, '\\x')).join('')}'`;
}

/** All strings in one table of base64 texts behind a function with an offset, as obfuscators do. */
export function tabled(code: string): string {
  const table: string[] = [];
  const body = rewriteStrings(code, (content) => {
    const known = table.indexOf(content);
    const index = known < 0 ? table.push(content) - 1 : known;
    return `_0x5c1f(0x${(index + 0x1a3).toString(16)})`;
  });
  const texts = table.map((text) => quoted(Buffer.from(text).toString('base64'))).join(',');
  return `var _0x2b7e=[${texts}];function _0x5c1f(_0x1d){return Buffer.from(_0x2b7e[_0x1d-0x1a3],'base64').toString('utf8');}\n${body}`;
}
