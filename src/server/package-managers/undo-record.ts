/**
 * What `assay use` changed, kept in the user's configuration folder so that `--undo` can go back. It holds the
 * stretches that were replaced, never the whole file: rc files hold tokens.
 */
import { mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../core/digest.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import { writeFileDurably } from '../durable-file.ts';
import { z } from '../zod.ts';
import { doneEdit } from './rc/edits.ts';

export const clients = ['npm', 'pnpm', 'yarn', 'bun'] as const;
export type Client = (typeof clients)[number];

const undoRecord = z.strictObject({
  version: z.literal(1),
  client: z.enum(clients),
  /** Absolute path of the file that was edited. */
  file: z.string(),
  gate: z.string(),
  at: z.string(),
  /** The file was not there: undo removes it, unless something was added since. */
  created: z.boolean(),
  /** Of the file's bytes as they were written. */
  afterSha256: z.string(),
  edits: z.array(doneEdit).max(20),
});
export type UndoRecord = z.infer<typeof undoRecord>;

function folder(userDirectory: string): string {
  return join(userDirectory, 'undo');
}

function pathOf(userDirectory: string, client: Client, file: string): string {
  return join(folder(userDirectory), `${client}-${sha256(file).slice(0, 16)}.json`);
}

export async function writeUndoRecord(userDirectory: string, record: UndoRecord): Promise<void> {
  await mkdir(folder(userDirectory), { recursive: true, mode: 0o700 });
  await writeFileDurably(
    pathOf(userDirectory, record.client, record.file),
    `${JSON.stringify(record, null, 2)}\n`,
    0o600,
  );
}

export async function removeUndoRecord(
  userDirectory: string,
  record: Pick<UndoRecord, 'client' | 'file'>,
): Promise<void> {
  await rm(pathOf(userDirectory, record.client, record.file), { force: true });
}

/** Undefined when there is none. Throws RC_FILE_UNUSABLE when it is not what was written. */
export async function readUndoRecord(
  userDirectory: string,
  client: Client,
  file: string,
): Promise<UndoRecord | undefined> {
  return readRecord(pathOf(userDirectory, client, file));
}

async function readRecord(path: string): Promise<UndoRecord | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw new AssayError('RC_FILE_UNUSABLE', `${path}: ${cause.message}`, { cause });
  });
  if (text === undefined) return undefined;
  try {
    return undoRecord.parse(JSON.parse(text));
  } catch (cause) {
    throw new AssayError(
      'RC_FILE_UNUSABLE',
      `${path} is no undo record of Assay: ${messageOf(cause).slice(0, 200)}`,
      { cause },
    );
  }
}

/** Every record, for `assay doctor`; files that are none are left out. */
export async function allUndoRecords(userDirectory: string): Promise<readonly UndoRecord[]> {
  const names = await readdir(folder(userDirectory)).catch(() => []);
  const own = names.filter((name) => name.endsWith('.json')).slice(0, 1000);
  const records = await Promise.all(
    own.map((name) => readRecord(join(folder(userDirectory), name)).catch(() => undefined)),
  );
  return records.filter((record) => record !== undefined);
}

export type RegistryBefore =
  | { readonly state: 'set'; readonly url: string }
  | { readonly state: 'unset' }
  | { readonly state: 'unknown' };

/** What npm's registry setting was before `assay use npm` edited the user's file. */
export async function registryBeforeUse(
  userDirectory: string,
  userConfig: string | undefined,
): Promise<RegistryBefore> {
  if (userConfig === undefined) return { state: 'unknown' };
  const file = await realpath(userConfig).catch(() => userConfig);
  const record = (await allUndoRecords(userDirectory)).find(
    (one) => one.client === 'npm' && one.file === file,
  );
  const edit = record?.edits.find((one) => one.place.form === 'ini' && one.place.key === 'registry');
  if (edit === undefined) return { state: 'unknown' };
  if (edit.before === null) return { state: 'unset' };
  return URL.canParse(edit.before)
    ? { state: 'set', url: edit.before.endsWith('/') ? edit.before : `${edit.before}/` }
    : { state: 'unknown' };
}
