/** The gate's signature of each file that was built here, in the form of an npm registry, by the key that signs releases. */
import { createLru } from '../../admission/lru.ts';
import { isAssayError } from '../../core/errors.ts';
import type { RegistrySignature, RegistrySignatureRequest } from '../../ledger/signing/requests.ts';
import type { ReleaseKeys } from '../beside-index/release-signatures.ts';
import type { Logger } from '../logger.ts';

export interface BuiltSignatures {
  /** One, or none while the signer is away: then nothing is signed, and audits say so. Does not throw. */
  readonly of: (about: Omit<RegistrySignatureRequest, 'origin'>) => Promise<readonly RegistrySignature[]>;
}

export interface BuiltSignaturesDeps {
  readonly origin: string;
  readonly keys: Pick<ReleaseKeys, 'list'>;
  readonly signRelease: (request: RegistrySignatureRequest) => Promise<RegistrySignature>;
  readonly log: Pick<Logger, 'warn'>;
}

const remembered = 20_000;

export function createBuiltSignatures(deps: BuiltSignaturesDeps): BuiltSignatures {
  const { origin, keys, signRelease, log } = deps;
  const known = createLru<RegistrySignature>(remembered, () => 1);
  return {
    of: async ({ name, version, integrity }) => {
      const key = `${name}@${version}:${integrity}`;
      try {
        const present = (await keys.list())[0]?.keyid;
        const before = known.get(key);
        // One by a key that was replaced is made anew: clients refuse it for whatever is younger than its end.
        if (before !== undefined && before.keyid === present) return [before];
        const signed = await signRelease({ origin, name, version, integrity });
        known.set(key, signed);
        return [signed];
      } catch (error) {
        if (!isAssayError(error)) throw error;
        log.warn({ code: error.code }, `a built file is served without our signature: ${error.message}`);
        return [];
      }
    },
  };
}
