/** A version's attestations for admission: asked at the upstream's own address, whatever URL an index names. */
import type { AttestationsOf } from '../../admission/deps.ts';
import { sha256 } from '../../core/digest.ts';
import { isAssayError, messageOf } from '../../core/errors.ts';
import { isJsonObject } from '../../core/json.ts';
import type { RegistryDocument } from './documents.ts';

/** Relative to the registry's base; the name in npm's own form, with its `/` encoded. */
export function attestationsPath(name: string, version: string): string {
  return `-/npm/v1/attestations/${name.replace('/', '%2f')}@${encodeURIComponent(version)}`;
}

/** The bytes stay in the blob store under the digest of the answer, so that a decision can be replayed. */
export function createAttestations(document: RegistryDocument): AttestationsOf {
  return async (upstream, name, version) => {
    try {
      const bytes = await document(attestationsPath(name, version), upstream);
      if (bytes === undefined) return { state: 'missing' };
      const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
      if (isJsonObject(parsed)) return { state: 'answered', document: parsed, digest: sha256(bytes) };
      return { state: 'failed', code: 'UPSTREAM_NOT_JSON', message: 'the answer is no JSON object' };
    } catch (error) {
      // What the disk does is not upstream's doing, and no finding about the release.
      if (isAssayError(error, 'STORAGE_FAILED')) throw error;
      const code = isAssayError(error) ? error.code : 'UPSTREAM_NOT_JSON';
      return { state: 'failed', code, message: messageOf(error) };
    }
  };
}
