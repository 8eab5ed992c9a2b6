/** What the project's own rc files say about registries: they win over the user's, and so over `assay use`. */
import { join } from 'node:path';
import type { LockfileFormat } from '../../registries/npm/lockfiles/types.ts';
import {
  npmrcRegistries,
  yarnrcRegistries,
  type NamedRegistries,
} from '../package-managers/rc/registries.ts';
import { readTextIfThere } from '../package-managers/text-file.ts';

export interface ProjectRegistries extends NamedRegistries {
  readonly file: string;
}

/** Undefined when the project says nothing. Throws RC_FILE_UNUSABLE. */
export async function projectRegistries(
  directory: string,
  format: LockfileFormat,
): Promise<ProjectRegistries | undefined> {
  const berry = format === 'yarn-berry';
  const file = join(directory, berry ? '.yarnrc.yml' : '.npmrc');
  const text = await readTextIfThere(file);
  return text === undefined
    ? undefined
    : { ...(berry ? yarnrcRegistries(text) : npmrcRegistries(text)), file };
}

/** The registry these rc files name for a package; undefined when they leave it to the user's configuration. */
export function registryFor(registries: ProjectRegistries | undefined, name: string): string | undefined {
  const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined;
  const scoped = scope === undefined ? undefined : registries?.scopes.get(scope);
  return scoped ?? registries?.main;
}
