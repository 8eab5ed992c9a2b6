/** Which registries an rc file names: one for everything, and those of scopes. */
import { parse } from 'yaml';
import { isJsonObject, ownObject, ownString } from '../../../core/json.ts';
import { AssayError } from '../../../core/errors.ts';
import { readNpmrc } from '../npmrc.ts';

export interface NamedRegistries {
  readonly main: string | undefined;
  /** By scope with its `@`. */
  readonly scopes: ReadonlyMap<string, string>;
}

export function npmrcRegistries(text: string): NamedRegistries {
  const entries = readNpmrc(text);
  const scopes = entries
    .filter((one) => /^@[^:]+:registry$/.test(one.key))
    .map((one) => [one.key.slice(0, -':registry'.length), one.value] as const);
  return { main: entries.findLast((one) => one.key === 'registry')?.value, scopes: new Map(scopes) };
}

/** `.yarnrc.yml`. Throws RC_FILE_UNUSABLE when it is not YAML. */
export function yarnrcRegistries(text: string): NamedRegistries {
  const parsed = yamlOf(text);
  const scopes = isJsonObject(parsed) ? (ownObject(parsed, 'npmScopes') ?? {}) : {};
  const servers = Object.entries(scopes).flatMap(([scope, value]) => {
    const server = isJsonObject(value) ? ownString(value, 'npmRegistryServer') : undefined;
    return server === undefined ? [] : [[`@${scope}`, server] as const];
  });
  return {
    main: isJsonObject(parsed) ? ownString(parsed, 'npmRegistryServer') : undefined,
    scopes: new Map(servers),
  };
}

function yamlOf(text: string): unknown {
  try {
    return parse(text, { schema: 'failsafe', maxAliasCount: 0, prettyErrors: false });
  } catch (cause) {
    throw new AssayError('RC_FILE_UNUSABLE', '.yarnrc.yml is not valid YAML', { cause });
  }
}

/** `bunfig.toml`: `[install.scopes]`, where each scope is a URL or a table with one, on a line. */
export function bunfigRegistries(text: string): NamedRegistries {
  const scopes = new Map<string, string>();
  let table = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line);
    if (header !== null) table = (header[1] ?? '').replace(/\s/g, '');
    const [, scope, value = ''] =
      table === 'install.scopes' ? (/^\s*["']?@?([\w.~-]+)["']?\s*=(.*)$/.exec(line) ?? []) : [];
    const url = /https?:\/\/[^"'\s,}]+/.exec(value)?.[0];
    if (scope !== undefined && url !== undefined) scopes.set(`@${scope}`, url);
  }
  return { main: undefined, scopes };
}
