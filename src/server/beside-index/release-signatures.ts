/**
 * The gate's own signature of what it admitted, in the form of an npm registry: made after the decision, never while a
 * client waits, and shown while the allow is in force.
 */
import { createLru } from '../../admission/lru.ts';
import type { Admission } from '../../admission/admit.ts';
import { integrityOf, sha256, type Sha512 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import type { RegistryPublicKey } from '../../ledger/signing/registry-keys.ts';
import type { RegistrySignature, RegistrySignatureRequest } from '../../ledger/signing/requests.ts';
import type { OwnSignature } from '../../registries/npm/own-signature.ts';
import type { Storage } from '../../storage/open.ts';

export interface ReleaseSigner {
  readonly registryKeys: (origin: string) => Promise<readonly RegistryPublicKey[]>;
  readonly signRelease: (request: RegistrySignatureRequest) => Promise<RegistrySignature>;
  readonly rotateRegistryKey: (origin: string) => Promise<readonly RegistryPublicKey[]>;
}

interface SigningDeps {
  readonly storage: Pick<Storage, 'registrySignatures'>;
  readonly signer: Pick<ReleaseSigner, 'registryKeys' | 'signRelease'>;
  readonly clock: Clock;
  /** The package has new signatures. */
  readonly onSigned: (upstream: UpstreamId, name: string) => void;
}

const together = 32;

/**
 * Signs releases that are allowed and not signed by the present key; from one call to the next it remembers how far it
 * came. Throws LEDGER_SIGNER_*, STORAGE_*: what was not recorded is signed by the next call.
 */
export function createReleaseSigning({ storage, signer, clock, onSigned }: SigningDeps) {
  let throughSeq = 0;
  let keyid: string | undefined;

  async function signOne(origin: string, name: string, version: string, sha512: Sha512): Promise<string> {
    try {
      const signed = await signer.signRelease({ origin, name, version, integrity: integrityOf(sha512) });
      keyid = signed.keyid;
      return signed.sig;
    } catch (error) {
      if (isAssayError(error, 'LEDGER_SIGNER_REFUSED')) return '';
      throw error;
    }
  }

  return {
    /** How many it signed; 0 when nothing is left. */
    signSome: async (origin: string): Promise<number> => {
      const present = (await signer.registryKeys(origin))[0]?.keyid;
      if (present !== keyid) throughSeq = 0;
      keyid = present;
      const waiting = await storage.registrySignatures.unsigned(keyid, throughSeq, together);
      const signed = [];
      for (const { id, name, version, artifact, sha512 } of waiting) {
        const sig = await signOne(origin, name, version, sha512);
        signed.push({ id, artifact, keyid: keyid ?? '', sig, at: rfc3339(clock()) });
      }
      await storage.registrySignatures.record(signed);
      for (const { upstream, name } of waiting) onSigned(upstream, name);
      throughSeq = waiting.at(-1)?.seq ?? throughSeq;
      return waiting.length;
    },
  };
}

export interface ReleaseKeys {
  /** The key that signs releases first, then those it replaced. Throws LEDGER_SIGNER_* when they were never known. */
  readonly list: () => Promise<readonly RegistryPublicKey[]>;
  /** A new key signs from now on; what the old one signed is signed anew in time. Throws LEDGER_SIGNER_*. */
  readonly rotate: () => Promise<readonly RegistryPublicKey[]>;
}

/** While the signer is away, the keys are those it named last: an audit fails on any key that is not served. */
export function createReleaseKeys(
  signer: Pick<ReleaseSigner, 'registryKeys' | 'rotateRegistryKey'>,
  origin: string,
  onRotated: () => void,
): ReleaseKeys {
  let last: readonly RegistryPublicKey[] | undefined;
  return {
    list: async () => {
      try {
        return (last = await signer.registryKeys(origin));
      } catch (error) {
        if (last === undefined) throw error;
        return last;
      }
    },
    rotate: async () => {
      last = await signer.rotateRegistryKey(origin);
      onRotated();
      return last;
    },
  };
}

export interface OwnSignatures {
  readonly list: readonly OwnSignature[];
  /** Empty where the list is: the same digest, the same signatures. */
  readonly digest: string;
}

export interface ReleaseSignatures {
  readonly of: (upstream: UpstreamId, name: string) => Promise<OwnSignatures>;
  /** What is remembered of the package is read anew. */
  readonly forget: (upstream: UpstreamId, name: string) => void;
}

const none: OwnSignatures = { list: [], digest: '' };
const rememberedSignatures = 50_000;

/** Remembered until a decision about the package, or a signature of it, is recorded. */
export function createReleaseSignatures(
  { registrySignatures }: Pick<Storage, 'registrySignatures'>,
  { decisionsAbout }: Pick<Admission, 'decisionsAbout'>,
): ReleaseSignatures {
  const known = createLru<{ readonly decisions: number; readonly signatures: OwnSignatures }>(
    rememberedSignatures,
    ({ signatures }) => signatures.list.length + 1,
  );
  let forgotten = 0;
  return {
    of: async (upstream, name) => {
      const key = `${upstream} ${name}`;
      const decisions = decisionsAbout(upstream, name);
      const remembered = known.get(key);
      if (remembered?.decisions === decisions) return remembered.signatures;
      const before = forgotten;
      const rows = await registrySignatures.of(upstream, name);
      const list = rows.map(({ version, sha512, keyid, sig }) => ({
        version,
        integrity: integrityOf(sha512),
        keyid,
        sig,
      }));
      const signatures = list.length === 0 ? none : { list, digest: sha256(JSON.stringify(list)) };
      // What was signed meanwhile may not be in it: the next one asks again.
      if (forgotten === before) known.set(key, { decisions, signatures });
      return signatures;
    },
    forget: (upstream, name) => {
      forgotten += 1;
      known.delete(`${upstream} ${name}`);
    },
  };
}
