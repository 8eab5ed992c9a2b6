/** A whole VEX document, in whichever of its forms it comes, and how it names itself among its own versions. */
import { own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { readCyclonedxVex } from './cyclonedx.ts';
import { readOpenVex } from './openvex.ts';
import { documentFrom, invalid, timeOf, type VexReading, type VexSigner } from './read.ts';

/** `in-toto`: the document is the predicate of a statement (in-toto/attestation, as `cosign attest` makes them). */
export type VexForm = 'document' | 'in-toto';

export interface VexDocument extends VexReading {
  /** The name it gives itself (`@id`, `serialNumber`); undefined when it has none. */
  readonly name: string | undefined;
  /** Of that name: a higher one takes the place of a lower one. */
  readonly version: number;
  /** RFC 3339 UTC; undefined when it says none. */
  readonly time: string | undefined;
}

/** Throws VEX_INVALID. */
export function readVex(text: string, form: VexForm, signer: VexSigner): VexDocument {
  const document = form === 'document' ? documentFrom(text) : predicateIn(documentFrom(text));
  const plain = form === 'document' ? text : JSON.stringify(document);
  return ownString(document, 'bomFormat') === undefined
    ? {
        ...readOpenVex(plain, signer),
        name: nameOf(ownString(document, '@id')),
        version: versionOf(document),
        time: timeOf(document, 'last_updated', 'timestamp'),
      }
    : {
        ...readCyclonedxVex(plain, signer),
        name: nameOf(ownString(document, 'serialNumber')),
        version: versionOf(document),
        time: timeOf(ownObject(document, 'metadata'), 'timestamp'),
      };
}

/** Is `one` an earlier version of the same document? Of one version, the time decides. */
export function isEarlier(one: VexDocument, other: VexDocument): boolean {
  if (one.version !== other.version) return one.version < other.version;
  return (one.time ?? '') < (other.time ?? '');
}

const predicateTypes =
  /^https:\/\/(?:openvex\.dev\/ns|cyclonedx\.org\/(?:bom|vex))(?:\/v?[0-9][0-9.]{0,15})?$/;

function predicateIn(statement: JsonObject): JsonObject {
  const predicate = ownObject(statement, 'predicate');
  if (predicate === undefined || !predicateTypes.test(ownString(statement, 'predicateType') ?? ''))
    throw invalid('it is a statement about something else');
  return predicate;
}

function nameOf(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text.length > 1000 ? undefined : text.toWellFormed();
}

/** OpenVEX 0.0.x has it as a text. */
function versionOf(document: JsonObject): number {
  const version = Number(own(document, 'version') ?? 0);
  return Number.isSafeInteger(version) && version >= 0 ? version : 0;
}
