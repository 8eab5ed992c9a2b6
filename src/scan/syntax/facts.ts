/** What the syntax tree of one file says: signals with their places, flows of data, functions, what it requires. */
import { signalsInString } from '../text-signals.ts';
import { lookAtCall } from './call-facts.ts';
import { learn, learnedTypes } from './learn.ts';
import { isBound, loanOf } from './lent.ts';
import type { Doubts } from './loan.ts';
import { foldHere, pathOf } from './names.ts';
import { isEndlessNoise } from './noise.ts';
import { classesApart } from './own-this.ts';
import { createScopes, functionTypes } from './scopes.ts';
import { reach, type Add, type Flow, type State, type SyntaxEvent } from './state.ts';
import { tagsOf } from './tags.ts';
import { nodeOf, textOf, treeOf, type Node, type Tree } from './tree.ts';

export type { Flow };

export interface SyntaxFacts {
  readonly events: readonly SyntaxEvent[];
  readonly functions: readonly { readonly start: number; readonly end: number }[];
  /** Relative specifiers, and names of files in strings: what it may reach. */
  readonly reaches: readonly string[];
  readonly doubts: Doubts;
  /** Not everything could be reckoned: hostile code makes more work than it is worth. */
  readonly exhausted: boolean;
}

const maxEvents = 20_000;
/** Steps of reckoning for one file, and more for every node of its tree. */
const steps = 200_000;
const stepsPerNode = 300;
const mostNodesTwice = 40_000;
/** As long as a file is that is looked at whole (`chains.ts`): longer ones are bundles of what has nothing to do with each other. */
const longest = 48_000;

export function syntaxFacts(program: Node): SyntaxFacts {
  const tree = treeOf(program, markOf);
  const count = tree.nodes.length;
  const state: State = {
    scopes: createScopes(program.end - program.start > longest ? classesApart(tree) : undefined),
    paths: new Map(),
    members: new Map(),
    memberTexts: new Map(),
    constants: new Map(),
    lists: new Map(),
    decoders: new Map(),
    tags: new Map(),
    functions: new Map(),
    returns: new Map(),
    joined: new Map(),
    budget: { left: steps + stepsPerNode * count },
    dataFiles: new Set(),
    loans: new Map(),
    events: [],
    spans: [],
    reaches: new Set(),
    downloads: new Set(),
    kept: { paths: new Map(), texts: new Map(), tags: new Map() },
  };
  walk(state, tree, marks.declares, () => undefined);
  state.scopes.declared();
  // Twice: a variable may be used above the place that gives it its value. In bundles that costs more than it tells.
  for (let round = 0; round < (count > mostNodesTwice ? 1 : 2); round += 1) {
    walk(state, tree, marks.learned, (node, _, inside) => learn(state, node, inside));
  }
  const aliases = aliasesOf(state);
  const wanted = aliases.size === 0 ? marks.looked : marks.looked | marks.named;
  walk(state, tree, wanted, (node, parent) => look(state, node, parent, aliases));
  return {
    events: state.events,
    functions: state.spans,
    reaches: [...state.reaches],
    doubts: doubtsOf(state, tree.nodes),
    exhausted: state.budget.left <= 0 || state.events.length >= maxEvents,
  };
}

function doubtsOf({ events, dataFiles, loans, budget }: State, nodes: readonly Node[]): Doubts {
  const told = new Set(events.map(({ what }) => what));
  // With a `require` of its own, a name may mean any file.
  const doubtful = told.has('data-to-code') || told.has('environment-lent-to-network');
  const whole = doubtful && budget.left > 0 && events.length < maxEvents && !isBound(nodes, 'require');
  const lent = whole && told.has('environment-lent-to-network') && !told.has('environment-to-network');
  const given = lent ? [...loans.values()].map((loan) => loanOf(nodes, loan)) : [];
  const known = given.filter((loan) => loan !== undefined);
  return {
    // A file that writes files may write what it reads.
    data: whole && told.has('data-to-code') && !told.has('file-write') ? [...dataFiles] : [],
    loans: known.length === given.length ? known : [],
  };
}

/** What is to be done with nodes of a type, as bits: most are only passed by. */
const marks = { function: 1, declares: 2, learned: 4, looked: 8, named: 16 };
const looked = new Set([
  'CallExpression',
  'NewExpression',
  'ForStatement',
  'WhileStatement',
  'ImportDeclaration',
  'ExportAllDeclaration',
  'ExportNamedDeclaration',
  'ImportExpression',
  'MemberExpression',
  'AssignmentExpression',
  'Literal',
  'TemplateLiteral',
  'BinaryExpression',
]);

function markOf(type: string): number {
  if (functionTypes.has(type)) return marks.function | marks.declares | marks.learned | marks.looked;
  if (type === 'ClassDeclaration' || type === 'ClassExpression')
    return marks.function | marks.declares | marks.learned;
  return (
    (type === 'VariableDeclarator' ? marks.declares : 0) |
    (learnedTypes.has(type) ? marks.learned : 0) |
    (looked.has(type) ? marks.looked : 0) |
    (type === 'Identifier' ? marks.named : 0)
  );
}

/** Each node that has one of the marks, in the scope it stands in; `inside`: the functions around it, the innermost last. */
function walk(
  { scopes }: State,
  { nodes, marks: given, parents, ends }: Tree,
  wanted: number,
  visit: (node: Node, parent: Node | undefined, inside: readonly Node[]) => void,
): void {
  const inside: Node[] = [];
  const until: number[] = [];
  for (let at = 0; at < given.length; at += 1) {
    while (until.length > 0 && (until[until.length - 1] as number) <= at) {
      until.pop();
      scopes.leave(inside.pop() as Node);
    }
    const mark = given[at] as number;
    if ((mark & (wanted | marks.function)) === 0) continue;
    const node = nodes[at] as Node;
    if ((mark & marks.declares) !== 0) scopes.enter(node);
    if ((mark & marks.function) !== 0) {
      inside.push(node);
      until.push(ends[at] as number);
    }
    if ((mark & wanted) !== 0) visit(node, nodes[parents[at] as number], inside);
  }
  for (const node of inside.reverse()) scopes.leave(node);
}

/** Names of variables that stand for the environment. */
function aliasesOf(state: State): ReadonlySet<string> {
  const keys = [...state.paths].filter(([, path]) => path === 'process.env').map(([key]) => key);
  return new Set(keys.map((key) => key.slice(key.indexOf(':') + 1)));
}

const imports = new Set(['ImportDeclaration', 'ExportAllDeclaration', 'ExportNamedDeclaration']);

function look(state: State, node: Node, parent: Node | undefined, aliases: ReadonlySet<string>): void {
  const add: Add = (what) => {
    if (state.events.length < maxEvents) state.events.push({ what, at: node.start });
  };
  if (functionTypes.has(node.type)) state.spans.push({ start: node.start, end: node.end });
  if (node.type === 'CallExpression' || node.type === 'NewExpression') lookAtCall(state, node, add);
  if ((node.type === 'ForStatement' || node.type === 'WhileStatement') && isEndlessNoise(state, node))
    add('endless-noise');
  if (imports.has(node.type)) {
    const specifier = foldHere(state, nodeOf(node, 'source'))?.text;
    if (specifier !== undefined) reach(state, specifier);
  }
  if (node.type === 'ImportExpression') lookAtImport(state, node, add);
  if (
    node.type === 'MemberExpression' ||
    (node.type === 'Identifier' && aliases.has(textOf(node, 'name') ?? ''))
  )
    lookAtName(state, node, parent, add);
  if (node.type === 'AssignmentExpression') lookAtAssignment(state, node, add);
  if (isText(node) && !isInsideText(parent)) lookAtText(state, node, add);
}

function lookAtImport(state: State, node: Node, add: Add): void {
  const source = nodeOf(node, 'source');
  const text = foldHere(state, source)?.text;
  const tags = tagsOf(state, source);
  if (text === undefined) add('dynamic-import');
  else if (/^\s?data:/.test(text)) {
    if (tags.has('downloaded')) add('downloaded-to-code');
    else if (/;base64,/.test(text) || tags.has('decoded')) add('decoded-to-code');
  } else if (/^https?:\/\//.test(text)) add('remote-module');
  else reach(state, text);
}

function lookAtName(state: State, node: Node, parent: Node | undefined, add: Add): void {
  const isEnvironment = pathOf(state, node) === 'process.env';
  if (isEnvironment) {
    const isNamed = parent?.type === 'MemberExpression' && nodeOf(parent, 'object') === node;
    if (isListing(state, parent) || parent?.type === 'ForInStatement') add('environment-whole');
    else if (isNamed || node.type === 'MemberExpression') add('environment');
  }
  if (node.type === 'MemberExpression' && isHiddenGlobal(state, node)) add('hidden-global');
}

/** `globalThis['ev' + 'al']`: a name of the language or of a module that starts programs, in pieces or decoded. */
function isHiddenGlobal(state: State, node: Node): boolean {
  const property = nodeOf(node, 'property');
  if ((node as unknown as { computed?: boolean }).computed !== true || property === undefined) return false;
  const folded = foldHere(state, property);
  if (folded === undefined || folded.text.length < 3) return false;
  if (!folded.decoded && property.type !== 'BinaryExpression' && property.type !== 'CallExpression')
    return false;
  return /^(?:eval|Function|require|process|fetch|exec(?:Sync|File|FileSync)?|spawn(?:Sync)?|constructor|mainModule|child_process|_load|env|XMLHttpRequest|WebSocket)$/.test(
    folded.text,
  );
}

/** `image.src = 'https://…?' + data`, `location = …`. */
function lookAtAssignment(state: State, node: Node, add: Add): void {
  const left = nodeOf(node, 'left');
  const path = left === undefined ? undefined : pathOf(state, left);
  if (path === undefined) return;
  if (/^(?:fetch|XMLHttpRequest\.prototype\.\w+|ethereum\.request)$/.test(path)) add('hook-network');
  if (!/(?:^|\.)(?:src|href|location|action)$/.test(path)) return;
  const tags = tagsOf(state, nodeOf(node, 'right'));
  const address = foldHere(state, nodeOf(node, 'right'))?.text ?? '';
  if (!/^(?:https?|wss?):/.test(address)) return;
  if (tags.has('environment') || tags.has('environment-lent')) add('environment-to-network');
  if (tags.has('credentials')) add('credentials-to-network');
}

/** `JSON.stringify(process.env)` and the like, which make the whole environment a value to send. */
function isListing(state: State, parent: Node | undefined): boolean {
  if (parent?.type !== 'CallExpression') return false;
  const path = pathOf(state, nodeOf(parent, 'callee')) ?? '';
  return /^(?:JSON\.stringify|Object\.entries|querystring\.(?:stringify|encode)|qs\.stringify|util\.inspect|Buffer\.from)$/.test(
    path,
  );
}

function isText(node: Node): boolean {
  return (
    node.type === 'Literal' ||
    node.type === 'TemplateLiteral' ||
    node.type === 'CallExpression' ||
    (node.type === 'BinaryExpression' && textOf(node, 'operator') === '+')
  );
}

function isInsideText(parent: Node | undefined): boolean {
  return parent?.type === 'BinaryExpression' && textOf(parent, 'operator') === '+';
}

/** Written as escapes, they can be seen, and hide all the same. */
const invisible = /[\ufe00-\ufe0f\u{e0000}-\u{e01ef}\u200b-\u200d\u2060-\u2064]{12,}/u;

function lookAtText(state: State, node: Node, add: Add): void {
  const folded = foldHere(state, node);
  if (folded === undefined || folded.text.length < 3) return;
  const hits = signalsInString(folded.text);
  for (const { signal } of hits) add(signal);
  if (folded.text.length >= 12 && invisible.test(folded.text)) add('invisible-text');
  if (/^[\w./-]+\.(?:[cm]?[jt]s|sh|ps1|bat|cmd|py|exe|bin)$|^\.{1,2}\/[\w./-]+$/.test(folded.text))
    reach(state, folded.text);
  if (!folded.decoded) return;
  if (hits.length > 0) add('hidden-string');
  if (/^(?:https?|wss?):\/\//.test(folded.text)) add('hidden-url');
}
