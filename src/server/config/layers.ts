/**
 * One layer of configuration: defaults, a file, the environment or the flags, as a flat list of settings, each
 * with its place. Lists and whole upstreams are one setting: a later layer replaces them, it never adds to them
 * (an upstream pieced together from two files could send one's token to the other's host).
 */
import { AssayError } from '../../core/errors.ts';
import { nearest } from './nearest.ts';
import { problemsOf } from './problems.ts';
import { configSchema } from './schema.ts';
import type { SettingSource } from './settings.ts';
import type { Env } from './surroundings.ts';
import { readYamlTree, type YamlTree } from './yaml-tree.ts';

export interface LayerEntry {
  /** Such as `policy.rules.cooldown` or `upstreams.npm`. */
  readonly key: string;
  readonly value: unknown;
  readonly source: SettingSource;
  readonly where: string | undefined;
}

export type Layer = readonly LayerEntry[];

/** Throws CONFIG_INVALID naming every problem, one a line, each with file, line and column. */
export function layerOfFile(file: string, text: string): Layer {
  const tree = readYamlTree(file, text);
  const parsed = configSchema.safeParse(tree.value);
  if (!parsed.success) {
    const lines = problemsOf(parsed.error.issues, tree.value)
      .map((problem) => `${placeOf(file, tree, problem.path, problem.atKey)}: ${problem.message}`)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    throw new AssayError('CONFIG_INVALID', lines.join('\n'));
  }
  return flatten(parsed.data, [], (path) => ({ source: 'file', where: placeOf(file, tree, path, true) }));
}

function placeOf(file: string, tree: YamlTree, path: readonly PropertyKey[], key: boolean): string {
  for (let length = path.length; length >= 0; length -= 1) {
    const part = path.slice(0, length);
    const place = (key ? tree.place(part, true) : undefined) ?? tree.place(part);
    if (place !== undefined) return `${file}:${place.line}:${place.column}`;
  }
  return `${file}:1:1`;
}

type Origin = Pick<LayerEntry, 'source' | 'where'>;

function flatten(
  value: unknown,
  path: readonly string[],
  origin: (path: readonly string[]) => Origin,
): LayerEntry[] {
  const isLeaf =
    path[0] === 'upstreams'
      ? path.length === 2
      : typeof value !== 'object' || value === null || Array.isArray(value);
  if (isLeaf) return value === undefined ? [] : [{ key: path.join('.'), value, ...origin(path) }];
  return Object.entries(value as object).flatMap(([key, inner]) => flatten(inner, [...path, key], origin));
}

/** Environment variable → key. `list`: separated by commas; `number`: digits; `true` or `false` for `boolean`. */
const variables: Readonly<
  Record<string, readonly [key: string, form: 'text' | 'number' | 'list' | 'boolean']>
> = {
  ASSAY_LISTEN: ['listen', 'text'],
  ASSAY_PORT: ['port', 'number'],
  ASSAY_CONSOLE_PORT: ['consolePort', 'number'],
  ASSAY_DATA: ['data', 'text'],
  ASSAY_PUBLIC_URL: ['publicUrl', 'text'],
  ASSAY_ALLOWED_HOSTS: ['allowedHosts', 'list'],
  ASSAY_ANONYMOUS: ['anonymous', 'text'],
  ASSAY_INDEX_FRESH_SECONDS: ['indexFreshSeconds', 'number'],
  ASSAY_LOG_LEVEL: ['logLevel', 'text'],
  ASSAY_SECURE_CHANNEL: ['secureChannel.enabled', 'boolean'],
  ASSAY_SECURE_PORT: ['secureChannel.port', 'number'],
  ASSAY_SECURE_PUBLIC_URL: ['secureChannel.publicUrl', 'text'],
  ASSAY_SIGNER_DIRECTORY: ['signer.directory', 'text'],
  ASSAY_REBUILD_DIRECTORY: ['rebuild.directory', 'text'],
  ASSAY_REBUILD_AUTOMATIC: ['rebuild.automatic', 'boolean'],
  ASSAY_BEHAVIOUR_WATCH: ['behaviour.watch', 'text'],
  ASSAY_TRUST_REFRESH_EVERY: ['trust.refreshEvery', 'text'],
  ASSAY_PRESET: ['policy.preset', 'text'],
  ASSAY_COOLDOWN: ['policy.cooldown', 'text'],
  ASSAY_UPSTREAM_NPM_URL: ['upstreams.npm.url', 'text'],
  ASSAY_UPSTREAM_NPM_IDENTITY_HOST: ['upstreams.npm.identityHost', 'text'],
  ASSAY_UPSTREAM_NPM_FILE_HOSTS: ['upstreams.npm.fileHosts', 'list'],
  ASSAY_UPSTREAM_NPM_TOKEN_ENV: ['upstreams.npm.tokenEnv', 'text'],
  ASSAY_UPSTREAM_NPM_ALLOW_INSECURE: ['upstreams.npm.allowInsecure', 'boolean'],
};

/** Variables that say something else than a setting. */
const otherVariables = ['ASSAY_CONFIG', 'ASSAY_TOKEN'];

export function layerOfEnvironment(env: Env): { readonly layer: Layer; readonly notes: readonly string[] } {
  const given = Object.entries(variables).filter(([name]) => (env[name] ?? '') !== '');
  const parts = given.map(([name, [key, form]]) => [key, formed(env[name] ?? '', form), name] as const);
  const known = [...Object.keys(variables), ...otherVariables];
  const notes = Object.keys(env)
    .filter((name) => name.startsWith('ASSAY_') && !known.includes(name))
    .map((name) => [name, nearest(name, known)] as const)
    .flatMap(([name, close]) =>
      close === undefined
        ? []
        : [`the environment variable ${name} is not known and was ignored; did you mean ${close}?`],
    );
  return { layer: layerOfParts(parts, 'environment'), notes };
}

function formed(text: string, form: 'text' | 'number' | 'list' | 'boolean'): unknown {
  if (form === 'list')
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  if (form === 'number') return /^\d{1,15}$/.test(text) ? Number(text) : text;
  return form === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text;
}

/** Key → value of the flags given on the command line. */
export type Flags = Readonly<Record<string, string | undefined>>;

const flagKeys: Readonly<Record<string, readonly [key: string, form: 'text' | 'number']>> = {
  listen: ['listen', 'text'],
  port: ['port', 'number'],
  consolePort: ['consolePort', 'number'],
  securePort: ['secureChannel.port', 'number'],
  data: ['data', 'text'],
  publicUrl: ['publicUrl', 'text'],
  preset: ['policy.preset', 'text'],
  logLevel: ['logLevel', 'text'],
};

export function layerOfFlags(flags: Flags): Layer {
  const parts = Object.entries(flagKeys).flatMap(([name, [key, form]]) => {
    const value = flags[name];
    return value === undefined
      ? []
      : [[key, formed(value, form), `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`] as const];
  });
  return layerOfParts(parts, 'flag');
}

/** Nests `a.b.c` keys, validates them as a file would be, and names the variable or flag in every problem. */
function layerOfParts(
  parts: readonly (readonly [key: string, value: unknown, name: string])[],
  source: 'environment' | 'flag',
): Layer {
  const root: Record<string, unknown> = {};
  for (const [key, value] of parts) {
    const steps = key.split('.');
    let here = root;
    for (const step of steps.slice(0, -1)) {
      here[step] ??= {};
      here = here[step] as Record<string, unknown>;
    }
    here[steps.at(-1) ?? ''] = value;
  }
  const nameOf = (path: readonly PropertyKey[]): string =>
    parts.find(([key]) => path.map(String).join('.').startsWith(key))?.[2] ??
    parts.find(([key]) => key.startsWith(path.map(String).join('.')))?.[2] ??
    'the environment';
  const parsed = configSchema.safeParse(root);
  if (!parsed.success) {
    const lines = problemsOf(parsed.error.issues, root).map(
      (problem) => `${nameOf(problem.path)}: ${problem.message}`,
    );
    throw new AssayError('CONFIG_INVALID', lines.join('\n'));
  }
  return flatten(parsed.data, [], (path) => ({ source, where: nameOf(path) }));
}
