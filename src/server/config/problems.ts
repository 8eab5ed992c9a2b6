/** What was wrong with a configuration, in words: one sentence for each problem, with what to do. */
import type { core } from 'zod';
import { nearest } from './nearest.ts';
import { knownKeys } from './schema.ts';

export interface Problem {
  readonly path: readonly PropertyKey[];
  /** The problem is the key itself, not its value. */
  readonly atKey: boolean;
  readonly message: string;
}

export function problemsOf(issues: readonly core.$ZodIssue[], value: unknown): readonly Problem[] {
  return issues.slice(0, 20).flatMap((issue) => problemsOfIssue(issue, value));
}

function problemsOfIssue(issue: core.$ZodIssue, value: unknown): readonly Problem[] {
  const path = issue.path;
  const found = at(value, path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, 20).map((key) => unknownKey([...path, key]));
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'is no key that can be used here';
    return [{ path, atKey: true, message: `\`${String(path.at(-1))}\` ${why}` }];
  }
  return [{ path, atKey: false, message: messageOf(issue, path, found) }];
}

function messageOf(issue: core.$ZodIssue, path: readonly PropertyKey[], found: unknown): string {
  if (issue.code === 'invalid_type') return wrongType(path, issue.expected, found);
  if (issue.code === 'invalid_value') return wrongValue(path, issue.values, found);
  return `\`${dotted(path)}\` ${sentence(issue.message)}${quoted(path, found)}`;
}

function unknownKey(path: readonly PropertyKey[]): Problem {
  const parent = path.slice(0, -1);
  const known = knownKeys(parent);
  const close = nearest(String(path.at(-1)), known);
  const rest = close === undefined ? `known here: ${known.join(', ')}` : `did you mean \`${close}\`?`;
  return { path, atKey: true, message: `\`${dotted(path)}\` is no key of the configuration; ${rest}` };
}

const kinds: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function wrongType(path: readonly PropertyKey[], expected: string, found: unknown): string {
  const name = dotted(path);
  if (found === undefined) return `\`${name}\` is missing; it must be there`;
  const must = `\`${name}\` must be ${kinds[expected] ?? expected}, but it is ${shown(found)}`;
  if (expected === 'array' && typeof found === 'string') return `${must}; write [${JSON.stringify(found)}]`;
  if (expected === 'string' && typeof found === 'number') return `${must}; put it in quotes or add its unit`;
  return must;
}

function wrongValue(path: readonly PropertyKey[], allowed: readonly unknown[], found: unknown): string {
  const words = allowed.map(String);
  const close = typeof found === 'string' ? nearest(found, words) : undefined;
  const rest = close === undefined ? '' : `; did you mean \`${close}\`?`;
  return `\`${dotted(path)}\` must be one of ${words.join(', ')}, but it is ${shown(found)}${rest}`;
}

/** The offending value; not where a person may have put a secret by mistake. */
function quoted(path: readonly PropertyKey[], found: unknown): string {
  return path.at(-1) === 'tokenEnv' ? '' : ` (it is ${shown(found)})`;
}

function sentence(message: string): string {
  return /^(?:is|must) /.test(message) ? message : `cannot be used: ${message}`;
}

export function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.') || 'the file';
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return here;
}

/** A value in an error. Long ones are cut; a secret in the wrong place would be redacted by AssayError. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
