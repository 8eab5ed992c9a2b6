/** What we need to know of a TUF root besides what the TUF client checks: its version and when it expires. */
import { own } from '../core/json.ts';
import { invalid, object, optionalTime, readDocument } from './reading.ts';

export interface TufRoot {
  readonly version: number;
  /** RFC 3339 UTC. */
  readonly expires: string;
}

/** TUF specification 4.3. Signatures are the TUF client's to check. Throws TRUST_INVALID. */
export function parseTufRoot(bytes: Uint8Array): TufRoot {
  const signed = object(own(readDocument(bytes), 'signed'), 'signed');
  if (own(signed, '_type') !== 'root') throw invalid('signed._type', 'is not root');
  const version = own(signed, 'version');
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1)
    throw invalid('signed.version', 'is no version');
  const expires = optionalTime(own(signed, 'expires'), 'signed.expires');
  if (expires === undefined) throw invalid('signed.expires', 'is missing');
  return { version, expires };
}
