/** What changed lines are about: for a grade, and for the header of a hunk. Words, not proof. */

/** What new code could do that the code built here does not, by the words for it. */
const capabilities: readonly { readonly what: string; readonly words: RegExp }[] = [
  { what: 'starts programs', words: /child_process|\b(?:execSync|execFile|spawnSync|spawn|execFileSync)\b/g },
  {
    what: 'runs text as code',
    words: /\beval\s*\(|\bnew\s+Function\b|\bFunction\s*\(|\brunIn(?:This|New)?Context\b/g,
  },
  {
    what: 'uses the network',
    words:
      /\bfetch\s*\(|XMLHttpRequest|WebSocket|\bsendBeacon\b|["'`](?:node:)?(?:https?|http2|net|tls|dgram|dns)["'`]|\bwss?:\/\/|\bhttps?:\/\/[\w.-]+/g,
  },
  { what: 'reads the environment', words: /process\.env\b(?:\.\w+)?|\benviron\b/g },
  {
    what: 'names credentials',
    words: /\.npmrc|\.ssh\b|id_rsa|\.aws\b|_authToken|\bNPM_TOKEN\b|\bGITHUB_TOKEN\b|private[_-]?key/gi,
  },
  {
    what: 'touches files',
    words: /["'`](?:node:)?fs(?:\/promises)?["'`]|\b(?:writeFile|appendFile|unlink|rmSync|chmod)\w*/g,
  },
  {
    what: 'hides text',
    words: /\batob\b|fromCharCode|["'`](?:base64|hex)["'`]|(?:\\x[0-9a-f]{2}){4}|(?:\\u[0-9a-f]{4}){4}/gi,
  },
  { what: 'loads another module', words: /\b(?:require|import)\s*\(\s*[^)\s]{1,100}/g },
];

/** Capabilities whose very words stand in the added lines and not in the removed ones. */
export function newCapabilities(added: readonly string[], removed: readonly string[]): readonly string[] {
  const before = removed.join('\n');
  const after = added.filter((line) => !isComment(line)).join('\n');
  return capabilities
    .filter(({ words }) => {
      const found = wordsIn(after, words);
      const known = found.size === 0 ? found : wordsIn(before, words);
      return [...found].some((word) => !known.has(word));
    })
    .map(({ what }) => what);
}

function wordsIn(text: string, words: RegExp): ReadonlySet<string> {
  return new Set(text.match(words));
}

/** Tokens without meaning to a program that only prints them: dates, long hex, versions, absolute paths. */
const inertTokens =
  /<assay:[a-z-]{1,20}>|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|(?<![\w])[0-9a-f]{7,64}(?![\w])|(?<![\w.])v?\d+\.\d+\.\d+(?:-[\w.]+)?(?![\w.])|(?<![\w])\/(?:home|Users|build|root|tmp|private|usr|opt|work|data|mnt|var|github)\/[\w@./+-]+/g;

/** Both sides are the same lines once such tokens are taken out. */
export function onlyInertTokens(added: readonly string[], removed: readonly string[]): boolean {
  if (added.length === 0 || added.length !== removed.length) return false;
  return added.every((line, at) => withoutInert(line) === withoutInert(removed[at] ?? ''));
}

function withoutInert(line: string): string {
  return line.replace(inertTokens, '#');
}

/** Lines that TypeScript, Babel and bundlers write by themselves and word differently from version to version. */
const written: readonly RegExp[] = [
  /^["']use strict["'];?$/,
  /^Object\.defineProperty\(exports, ["']__esModule["'], \{ value: true \}\);?$/,
  /^(?:exports\.[\w$]+ = )+void 0;?$/,
  /^\}\)\((\w+) = exports\.\1 \|\| \(exports\.\1 = \{\}\)\);?$/,
  /^\}\)\((\w+) \|\| \(exports\.\1 = \1 = \{\}\)\);?$/,
  /^\}\)\((\w+) \|\| \(\1 = \{\}\)\);?$/,
  /^\}\)\(exports\.(\w+) \|\| \(exports\.\1 = \{\}\)\);?$/,
  /^\/\/# sourceMappingURL=[\w.-]+\.map$/,
  /^var __(?:createBinding|setModuleDefault|importStar|importDefault|exportStar|assign|rest|awaiter|generator|spreadArray|values|read) = \(this && this\.__\w+\) \|\| (?:function ?\([\w, ]*\) ?\{|\(Object\.create \? \(?function ?\([\w, ]*\) ?\{)$/,
  /^(?:if \(k2 === undefined\) k2 = k;|var desc = Object\.getOwnPropertyDescriptor\(m, k\);|if \(!desc \|\| \("get" in desc \? !m\.__esModule : desc\.writable \|\| desc\.configurable\)\) \{|desc = \{ enumerable: true, get: function\(\) \{ return m\[k\]; \} \};|Object\.defineProperty\(o, k2, desc\);|Object\.defineProperty\(o, k2, \{ enumerable: true, get: function\(\) \{ return m\[k\]; \} \}\);|return \(mod && mod\.__esModule\) \? mod : \{ "default": mod \};)$/,
  /^[{}();,]*$/,
];

export function onlyCompilerLines(added: readonly string[], removed: readonly string[]): boolean {
  return [...added, ...removed].every((line) => {
    const bare = line.trim();
    return written.some((pattern) => pattern.test(bare));
  });
}

export function onlyComments(added: readonly string[], removed: readonly string[]): boolean {
  return [...added, ...removed].every((line) => line.trim() === '' || isComment(line));
}

/**
 * A line that is a comment wherever it stands: one in a template string could hold `${...}`, a piece of a cut line could
 * lie in a string, and U+2028 ends a comment (ECMA-262, 12.3), so none of those signs may be in it.
 */
function isComment(line: string): boolean {
  return /^\s*\/\/(?!#\s*sourceMappingURL)[^`"'$\\\r\u2028\u2029]*$/.test(line);
}

export function describeChange(added: readonly string[], removed: readonly string[]): string {
  const brought = newCapabilities(added, removed);
  if (brought.length > 0) return `upstream's lines hold words of code that ${brought.join(', ')}`;
  if (onlyInertTokens(added, removed)) return 'only dates, ids, versions or paths differ';
  if (onlyComments(added, removed)) return 'only comments or empty lines differ';
  if (onlyCompilerLines(added, removed)) return 'lines that compilers write by themselves';
  return 'no rule explains these lines';
}
