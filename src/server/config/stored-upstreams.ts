/** `<data>/upstreams.json`: the upstreams as they were resolved. Credentials are named (file and key), never held. */
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import { writeFileDurably } from '../durable-file.ts';
import { z } from '../zod.ts';

const storedUpstream = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/),
  url: z.url({ protocol: /^https?$/ }),
  scopes: z.array(z.string()),
  credentials: z
    .strictObject({ file: z.string(), prefix: z.string(), kind: z.enum(['token', 'basic', 'password']) })
    .optional(),
  allowInsecure: z.boolean(),
  caFile: z.string().optional(),
  from: z.string(),
});

export interface StoredUpstream {
  readonly id: string;
  readonly url: string;
  readonly scopes: readonly string[];
  readonly credentials:
    | { readonly file: string; readonly prefix: string; readonly kind: 'token' | 'basic' | 'password' }
    | undefined;
  readonly allowInsecure: boolean;
  readonly caFile: string | undefined;
  /** In words: what was asked. */
  readonly from: string;
}

const storedFile = z.strictObject({
  version: z.literal(1),
  upstreams: z.array(storedUpstream).min(1).max(300),
});

export function storedUpstreamsPath(dataDirectory: string): string {
  return join(dataDirectory, 'upstreams.json');
}

/** Undefined when nothing is stored yet. Throws CONFIG_INVALID when the file is not what was written. */
export async function readStored(dataDirectory: string): Promise<readonly StoredUpstream[] | undefined> {
  const path = storedUpstreamsPath(dataDirectory);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw new AssayError('CONFIG_UNREADABLE', `${path}: ${cause.message}`, { cause });
  });
  if (text === undefined) return undefined;
  try {
    const { upstreams } = storedFile.parse(JSON.parse(text));
    return upstreams.map((one) => ({ ...one, credentials: one.credentials, caFile: one.caFile }));
  } catch (cause) {
    throw new AssayError(
      'CONFIG_INVALID',
      `${path}: not what Assay wrote there: ${messageOf(cause).slice(0, 300)}`,
      {
        hint: 'Resolve the upstreams anew: `assay config upstreams --refresh`.',
        cause,
      },
    );
  }
}

export async function writeStored(
  dataDirectory: string,
  upstreams: readonly StoredUpstream[],
): Promise<void> {
  try {
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
    await chmod(dataDirectory, 0o700);
    await writeFileDurably(
      storedUpstreamsPath(dataDirectory),
      `${JSON.stringify({ version: 1, upstreams }, null, 2)}\n`,
      0o600,
    );
  } catch (cause) {
    throw new AssayError('DATA_DIRECTORY_INVALID', `${dataDirectory}: ${messageOf(cause)}`, { cause });
  }
}
