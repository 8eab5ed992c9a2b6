/** The name and version that a package gives itself. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveReading } from '../../core/archive-reading.ts';
import { messageOf } from '../../core/errors.ts';
import { isJsonObject, ownString } from '../../core/json.ts';

export interface ManifestName {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

const mostBytes = 4 * 1024 * 1024;

/** Of a folder, or of an archive through its reader. `refused`: an archive that we do not accept, and why. */
export async function manifestOf(
  from: string | (() => Promise<ArchiveReading>),
): Promise<ManifestName | { readonly refused: string }> {
  if (typeof from === 'string') return nameIn(await packageJsonIn(from));
  try {
    const { verdict, findings, manifestText } = await from();
    if (verdict === 'agreed') return nameIn(manifestText);
    return { refused: findings[0]?.message ?? `the archive is ${verdict}` };
  } catch (error) {
    return { refused: messageOf(error) };
  }
}

async function packageJsonIn(folder: string): Promise<string | undefined> {
  const path = join(folder, 'package.json');
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() !== true || info.size > mostBytes) return undefined;
  return readFile(path, 'utf8').catch(() => undefined);
}

function nameIn(text: string | undefined): ManifestName {
  if (text === undefined) return {};
  try {
    const manifest: unknown = JSON.parse(text);
    if (!isJsonObject(manifest)) return {};
    return { name: ownString(manifest, 'name'), version: ownString(manifest, 'version') };
  } catch {
    return {};
  }
}
