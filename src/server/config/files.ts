/** Which configuration files count: the system's and the user's, or instead of both the one that is named. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import { userConfigDirectory, type Surroundings } from './surroundings.ts';

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** In rising order. Throws CONFIG_UNREADABLE when a named file is not there, or one that is there cannot be read. */
export async function configFiles(
  around: Surroundings,
  named: string | undefined,
): Promise<readonly ConfigFile[]> {
  const explicit = named ?? around.env['ASSAY_CONFIG'];
  if (explicit !== undefined && explicit !== '') {
    const path = resolve(around.cwd, explicit);
    const file = await readIfThere(path);
    if (file === undefined)
      throw new AssayError(
        'CONFIG_UNREADABLE',
        `${path}: there is no such file (named by ${named === undefined ? 'ASSAY_CONFIG' : '--config'})`,
      );
    return [file];
  }
  const paths = [around.systemFile, join(userConfigDirectory(around), 'assay.yaml')];
  const files = await Promise.all(paths.map(readIfThere));
  return files.filter((file) => file !== undefined);
}

async function readIfThere(path: string): Promise<ConfigFile | undefined> {
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new AssayError('CONFIG_UNREADABLE', `${path}: ${messageOf(cause)}`, { cause });
  }
}
