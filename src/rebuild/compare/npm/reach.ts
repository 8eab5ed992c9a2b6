/**
 * Does what a user runs come to a file? From the entry points, string literals of code that name a file of the package
 * are followed: specifiers of require and import, and any other, because a file can be read, run or spawned by its name.
 * Too much is reached that way rather than too little. Plain text only: no code is parsed or run.
 */
import type { Reached, Tree, TreeEntry } from '../../../core/comparison-input.ts';
import { entryPointsOf, insidePath } from './entry-points.ts';

const mostCodeBytes = 64 * 1024 * 1024;
const mostLiterals = 500_000;

const followed = /\.(?:[cm]?[jt]sx?|json|sh|bash|py|rb|pl|gypi?)$/i;
/** Signs that names of files hold; no quotes, no backslash, and none that Windows refuses. */
const literal = /(["'`])([\w@.~$#!%&()+=,;^[\]{}\x80-\xff-][\w@./+ ~$#!%&()=,;^[\]{}\x80-\xff-]{0,203})\1/g;
const shellWords = /[^\s;&|<>()"'`=]+/g;
const mostShellBytes = 256 * 1024;
const extensions = [
  '',
  '.js',
  '.cjs',
  '.mjs',
  '.json',
  '.node',
  '.ts',
  '.jsx',
  '.tsx',
  '/index.js',
  '/index.cjs',
  '/index.mjs',
  '/index.json',
];

export function reachIn(tree: Tree): (path: string) => Reached {
  const points = entryPointsOf(tree);
  const budget: Budget = { bytes: mostCodeBytes, literals: mostLiterals, short: false, known: new Map() };
  const ways = (['install', 'main', 'bin'] as const).map((way) => ({
    way,
    reached: closure(tree, points[way], budget),
  }));
  return (path) => {
    if (path === 'package.json') return 'install';
    const found = ways.find(({ reached }) => reached.has(path));
    return found?.way ?? (budget.short ? undefined : 'never');
  };
}

interface Budget {
  bytes: number;
  literals: number;
  /** The bound was reached: what was not found is not known to be unreached. */
  short: boolean;
  /** What a file names, by its path. */
  readonly known: Map<string, readonly string[]>;
}

function closure(tree: Tree, roots: readonly string[], budget: Budget): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting: TreeEntry[] = [];
  const visit = (path: string | undefined): void => {
    const entry = path === undefined ? undefined : tree.get(path);
    if (entry === undefined || reached.has(entry.path)) return;
    reached.add(entry.path);
    waiting.push(entry);
  };
  for (const root of roots) visit(resolve(tree, '', root));
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    for (const name of literalsOf(entry, budget)) {
      visit(resolve(tree, folderOf(entry.path), name));
      // The manifest of a folder may send elsewhere; what it names is followed like any other literal.
      visit(insidePath(`${folderOf(entry.path)}/${name}/package.json`));
      // A name alone may also be read from the top of the package.
      if (!name.startsWith('.')) visit(resolve(tree, '', name));
    }
  }
  return reached;
}

function literalsOf(entry: TreeEntry, budget: Budget): readonly string[] {
  const known = budget.known.get(entry.path);
  if (known !== undefined) return known;
  const names = namesIn(entry, budget);
  budget.known.set(entry.path, names);
  return names;
}

function namesIn({ path, content, type }: TreeEntry, budget: Budget): readonly string[] {
  const isScript = content[0] === 0x23 && content[1] === 0x21;
  if (type !== 'file' || !(followed.test(path) || isScript)) return [];
  budget.bytes -= content.length;
  if (budget.bytes < 0 || budget.literals < 0) {
    budget.short = true;
    return [];
  }
  const names = new Set<string>();
  const text = Buffer.from(content).toString('latin1');
  for (const match of text.matchAll(literal)) {
    names.add(Buffer.from(match[2] ?? '', 'latin1').toString('utf8'));
    budget.literals -= 1;
    if (budget.literals < 0) break;
  }
  // A shell script names files without quotes.
  if (isScript || /\.(?:sh|bash)$/i.test(path)) {
    for (const [word] of text.slice(0, mostShellBytes).matchAll(shellWords)) names.add(word);
  }
  return [...names];
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function resolve(tree: Tree, folder: string, name: string): string | undefined {
  const path = insidePath(`${folder}/${name}`);
  if (path === undefined) return undefined;
  const tried = path === '' ? ['index.js'] : extensions.map((extension) => path + extension);
  return tried.find((candidate) => tree.get(candidate)?.type === 'file');
}
