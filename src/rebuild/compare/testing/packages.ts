/** Small npm packages for tests, as members; and their tampered twins. */
import type { BuildFacts, ComparedArchive, ComparedMember } from '../../../core/comparison-input.ts';
import { canonicalBytes } from '../../../core/canonical-json.ts';
import { sha256 } from '../../../core/digest.ts';
import type { Json } from '../../../core/json.ts';
import type { Comparison } from '../../../core/rebuild.ts';
import { compare } from '../compare.ts';
import { npmRules } from '../npm/rules.ts';

export const commit = '3f786850e387550fdab836ed7e6dc881de23001b';

export const facts: BuildFacts = {
  version: '1.2.3',
  commit,
  committedAt: Date.UTC(2024, 2, 1, 10) / 1000,
  sourceDateEpoch: Date.UTC(2024, 2, 1, 10) / 1000,
  publishedAt: Date.UTC(2024, 2, 1, 12) / 1000,
  sourcePaths: { upstream: ['/home/runner/work/thing/thing'], rebuilt: ['/build/source'] },
  sourceFiles: undefined,
};

export function file(path: string, content: string | Uint8Array, mode = 0o644): ComparedMember {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return { path, type: 'file', mode, linkTarget: undefined, content: bytes };
}

export function other(
  path: string,
  type: ComparedMember['type'],
  mode = 0o755,
  target?: string,
): ComparedMember {
  return { path, type, mode, linkTarget: target, content: new Uint8Array() };
}

/** D0 and D1 stand for the bytes: they change with anything that a tar stream would hold. */
export function archive(members: readonly ComparedMember[], container = ''): ComparedArchive {
  const said = members.map(({ path, type, mode, linkTarget, content }): Json => [
    path,
    type,
    mode,
    linkTarget ?? null,
    sha256(content),
  ]);
  const d1 = sha256(canonicalBytes(said));
  return { d0: sha256(d1 + container), d1, refusals: [], members };
}

export function compared(
  upstream: readonly ComparedMember[],
  rebuilt: readonly ComparedMember[],
  known: Partial<BuildFacts> = {},
): Comparison {
  return compare({
    upstream: archive(upstream),
    rebuilt: archive(rebuilt),
    facts: { ...facts, ...known },
    rules: npmRules,
  });
}

export const manifest = {
  name: 'thing',
  version: '1.2.3',
  description: 'A thing',
  main: 'dist/index.js',
  bin: { thing: 'bin/thing.js' },
  scripts: { build: 'tsc', test: 'node --test' },
  dependencies: { left: '^1.0.0' },
  license: 'MIT',
} as const;

export const bundle = Array.from(
  { length: 60 },
  (_, at) => `exports.f${at} = function (a, b) { return a * ${at} + b; };`,
).join('\n');

export function json(value: unknown, indent = 2): string {
  return `${JSON.stringify(value, undefined, indent)}\n`;
}

/** A package with a build step, a command and documents. */
export const thing: readonly ComparedMember[] = [
  file('package.json', json(manifest)),
  file('README.md', '# thing\n\nA thing.\n'),
  file('LICENSE', 'MIT\n'),
  file('bin/thing.js', '#!/usr/bin/env node\nrequire("../dist/index.js");\n', 0o755),
  file('dist/index.js', `var inner = require('./inner');\n${bundle}\n`),
  file('dist/inner.js', 'module.exports = 1;\n'),
  file('dist/index.js.map', '{"version":3,"sources":["../src/index.ts"],"mappings":"AAAA"}'),
  file('dist/index.d.ts', 'export declare const a: number;\n'),
];

/** With one file in another form; `undefined` takes it away. */
export function withFile(
  members: readonly ComparedMember[],
  path: string,
  change: (member: ComparedMember) => ComparedMember | undefined,
): readonly ComparedMember[] {
  return members.flatMap((member) => (member.path === path ? (change(member) ?? []) : [member]));
}

export function withText(
  members: readonly ComparedMember[],
  path: string,
  change: (text: string) => string,
): readonly ComparedMember[] {
  return withFile(members, path, (member) => ({
    ...member,
    content: Buffer.from(change(Buffer.from(member.content).toString('utf8')), 'utf8'),
  }));
}

export function withManifest(
  members: readonly ComparedMember[],
  change: Readonly<Record<string, unknown>>,
): readonly ComparedMember[] {
  return withText(members, 'package.json', () => json({ ...manifest, ...change }));
}
