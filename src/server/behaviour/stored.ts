/** A report as it is kept: one blob, from which the same evidence is derived at any time. */
import { canonicalBytes } from '../../core/canonical-json.ts';
import type { BehaviourReport } from '../../core/behaviour.ts';
import type { Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Storage } from '../../storage/open.ts';
import { keepBytes } from '../rebuilding/record-outcome.ts';

export interface StoredBehaviour {
  readonly schema: 1;
  readonly report: BehaviourReport;
  /** Dependencies that were not here while the scripts ran, as `name@range`, sorted. */
  readonly missing: readonly string[];
  /** Names of those that lay beside it, and of all that it wanted and that did not, also optional ones. */
  readonly beside: readonly string[];
  readonly absent: readonly string[];
  /** Blob of everything that was done, in order: lines of JSON. */
  readonly events: Sha256;
  /** The end of what the scripts printed: hostile. */
  readonly output: string;
}

const reportBytes = 32 * 1024 * 1024;

/**
 * Whether what only one of both did says something: not where one of them went without what the other one had beside it.
 * (esbuild starts its program where that is there, and else tries to fetch it.)
 */
export function areAlike(one: StoredBehaviour, other: StoredBehaviour): boolean {
  const lacks = (a: StoredBehaviour, b: StoredBehaviour): boolean =>
    a.absent.some((name) => b.beside.includes(name));
  return !lacks(one, other) && !lacks(other, one);
}

/** Throws STORAGE_*. */
export function keepBehaviour(blobs: Storage['blobs'], stored: StoredBehaviour): Promise<Sha256> {
  // A report without its `undefined` fields, which JSON does not have.
  return keepBytes(blobs, canonicalBytes(JSON.parse(JSON.stringify(stored)) as JsonObject));
}

/** Undefined when it is lost or damaged. Throws STORAGE_*. */
export async function readBehaviour(
  blobs: Pick<Storage['blobs'], 'read'>,
  report: Sha256,
): Promise<StoredBehaviour | undefined> {
  try {
    const bytes = await blobs.read(report, reportBytes);
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isJsonObject(value) ? (value as unknown as StoredBehaviour) : undefined;
  } catch (error) {
    if (isAssayError(error) && error.code.startsWith('BLOB_')) return undefined;
    throw error;
  }
}
