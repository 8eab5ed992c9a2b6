/** Brings a VEX document and its signature here: from this machine's disk, or from a URL, bounded. */
import { isAbsolute } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import { readBoundedFile } from '../bounded-file.ts';
import { isUrl, urlOf, type SourceDeps } from '../feeds/sources.ts';
import type { Signed } from './signed.ts';

export interface VexRequest {
  /** Absolute path or URL, as the signature's. */
  readonly from: string;
  /** A name in the configuration. */
  readonly signer: string;
  /** Undefined: the document is in a DSSE envelope. */
  readonly signature: string | undefined;
  /** RFC 3339 UTC; undefined: as long as the signer's statements count. */
  readonly until: string | undefined;
}

export const mostDocumentBytes = 8 * 1024 * 1024;
const mostSignatureBytes = 8192;

/** Throws VEX_INVALID, REQUEST_INVALID, UPSTREAM_*. */
export async function fetchSigned(
  { from, signature }: VexRequest,
  deps: Pick<SourceDeps, 'files'>,
): Promise<Signed> {
  return {
    bytes: await bytesAt(from, mostDocumentBytes, deps),
    signature: signature === undefined ? undefined : await bytesAt(signature, mostSignatureBytes, deps),
  };
}

async function bytesAt(
  place: string,
  mostBytes: number,
  { files }: Pick<SourceDeps, 'files'>,
): Promise<Uint8Array> {
  if (isUrl(place)) {
    const bytes = await files.read(urlOf(place), mostBytes);
    if (bytes === undefined) throw new AssayError('VEX_INVALID', `${place} is not there`);
    return bytes;
  }
  if (!isAbsolute(place)) throw new AssayError('REQUEST_INVALID', 'a file is named by its absolute path');
  try {
    return await readBoundedFile(place, mostBytes);
  } catch (cause) {
    throw new AssayError('VEX_INVALID', `the gate cannot read ${place}: ${messageOf(cause)}`, { cause });
  }
}
