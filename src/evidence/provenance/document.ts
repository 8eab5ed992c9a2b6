/** The registry's answer about attestations, read without trust: which bundles it offers, and as what. */
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';

export interface Offer {
  /** What the registry says the bundle is: unsigned, only compared with what was signed. */
  readonly predicateType: string;
  readonly bundle: JsonObject;
}

export type DocumentReading =
  | { readonly state: 'empty' }
  | { readonly state: 'malformed'; readonly id: string; readonly why: string }
  | { readonly state: 'read'; readonly offers: readonly Offer[] };

const bundlesAtMost = 16;
const bytesAtMost = 2 * 1024 * 1024;

export function readAttestations(document: JsonObject): DocumentReading {
  if (sizeOf(document) > bytesAtMost) return malformed('too-large', `it is larger than ${bytesAtMost} bytes`);
  const list = own(document, 'attestations');
  if (!Array.isArray(list)) return malformed('document-malformed', 'it has no list of attestations');
  if (list.length === 0) return { state: 'empty' };
  if (list.length > bundlesAtMost)
    return malformed('too-many', `it has ${list.length} attestations, over the limit of ${bundlesAtMost}`);
  const offers = list.flatMap((entry: Json) => readOffer(entry) ?? []);
  if (offers.length < list.length)
    return malformed('entry-malformed', 'an entry has no predicateType or no bundle');
  return { state: 'read', offers };
}

/** Infinity for what is nested too deep to be written. */
function sizeOf(document: JsonObject): number {
  try {
    return Buffer.byteLength(JSON.stringify(document));
  } catch {
    return Infinity;
  }
}

function readOffer(entry: Json): Offer | undefined {
  if (!isJsonObject(entry)) return undefined;
  const predicateType = ownString(entry, 'predicateType');
  const bundle = ownObject(entry, 'bundle');
  return predicateType === undefined || bundle === undefined ? undefined : { predicateType, bundle };
}

function malformed(what: string, why: string): DocumentReading {
  return {
    state: 'malformed',
    id: `provenance/${what}`,
    why: `The attestations cannot be read: ${why}.`,
  };
}
