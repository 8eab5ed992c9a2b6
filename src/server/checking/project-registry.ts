/** What the project's own rc files say about registries: they win over the user's, and so over `assay use`. */
import { join } from 'node:path';
import { parse } from 'yaml';
import { isJsonObject, ownObject, ownString } from '../../core/json.ts';
import type { LockfileFormat } from '../../registries/npm/lockfiles/types.ts';
import { readNpmrc } from '../package-managers/npmrc.ts';
import { readTextIfThere } from '../package-managers/text-file.ts';

export interface ProjectRegistries {
  readonly main: string | undefined;
  readonly scopes: ReadonlyMap<string, string>;
  readonly file: string;
}

/** Undefined when the project says nothing. Throws RC_FILE_UNUSABLE. */
export async function projectRegistries(
  directory: string,
  format: LockfileFormat,
): Promise<ProjectRegistries | undefined> {
  const file = join(directory, format === 'yarn-berry' ? '.yarnrc.yml' : '.npmrc');
  const text = await readTextIfThere(file);
  if (text === undefined) return undefined;
  return format === 'yarn-berry' ? ofYarnrc(text, file) : ofNpmrc(text, file);
}

function ofNpmrc(text: string, file: string): ProjectRegistries {
  const entries = readNpmrc(text);
  const scopes = entries
    .filter((one) => /^@[^:]+:registry$/.test(one.key))
    .map((one) => [one.key.slice(0, -':registry'.length), one.value] as const);
  return { main: entries.findLast((one) => one.key === 'registry')?.value, scopes: new Map(scopes), file };
}

function ofYarnrc(text: string, file: string): ProjectRegistries | undefined {
  const parsed: unknown = parse(text, { schema: 'failsafe', maxAliasCount: 0, prettyErrors: false });
  if (!isJsonObject(parsed)) return undefined;
  const scopes = ownObject(parsed, 'npmScopes') ?? {};
  const servers = Object.entries(scopes).flatMap(([scope, value]) => {
    const server = isJsonObject(value) ? ownString(value, 'npmRegistryServer') : undefined;
    return server === undefined ? [] : [[`@${scope}`, server] as const];
  });
  return { main: ownString(parsed, 'npmRegistryServer'), scopes: new Map(servers), file };
}

/** The registry these rc files name for a package; undefined when they leave it to the user's configuration. */
export function registryFor(registries: ProjectRegistries | undefined, name: string): string | undefined {
  const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined;
  const scoped = scope === undefined ? undefined : registries?.scopes.get(scope);
  return scoped ?? registries?.main;
}
