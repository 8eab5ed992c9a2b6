/** What an operator imports: a Sigstore root, a registry's keys, or a root for TUF to start from. Told apart by their content. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import { own, ownObject } from '../../core/json.ts';
import { parseRegistryKeys } from '../../trust/npm-keys.ts';
import type { Offer } from '../../trust/offer.ts';
import { publicGood, readTrustedRoot } from '../../trust/pinned.ts';
import { readDocument } from '../../trust/reading.ts';
import { parseTufRoot, type TufRoot } from '../../trust/tuf-root.ts';
import { checkTufRoot } from '../../trust/tuf.ts';

export interface ImportRequest {
  readonly bytes: Uint8Array;
  /** Whose keys they are; for a registry's keys. */
  readonly host: string | undefined;
  /** Of the Sigstore instance, or of the TUF repository. */
  readonly name: string | undefined;
}

export type Imported =
  | { readonly kind: 'offer'; readonly offer: Offer }
  | { readonly kind: 'tuf-root'; readonly name: string; readonly root: TufRoot };

/** Throws TRUST_INVALID for anything else, USAGE_INVALID for keys without a host. */
export async function readImport({ bytes, host, name = publicGood }: ImportRequest): Promise<Imported> {
  const document = readDocument(bytes);
  if (own(document, 'mediaType') !== undefined) {
    const root = { name, trustedRoot: readTrustedRoot(bytes), tufRoot: undefined };
    return { kind: 'offer', offer: { source: 'imported', roots: [root], keys: [] } };
  }
  if (own(ownObject(document, 'signed') ?? {}, '_type') === 'root') {
    const root = parseTufRoot(bytes);
    await checkSelfSigned(bytes);
    return { kind: 'tuf-root', name, root };
  }
  const keys = parseRegistryKeys(document, 'imported');
  if (host === undefined)
    throw new AssayError('USAGE_INVALID', 'these are keys of a registry, and it is not said of which', {
      hint: 'Add --host with its identity host.',
    });
  return {
    kind: 'offer',
    offer: { source: 'imported', roots: [], keys: [{ host: host.toLowerCase(), keys }] },
  };
}

async function checkSelfSigned(bytes: Uint8Array): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-tuf-root-'));
  try {
    await writeFile(join(directory, 'root.json'), bytes);
    checkTufRoot(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
