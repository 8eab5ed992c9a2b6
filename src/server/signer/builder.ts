/**
 * Signing what is said of builds, with a key of its own that is made when it is asked for first: the log's key says what
 * was recorded, this one what was built, and neither signs for the other.
 */
import { builderKeyName } from '../../core/build-attestation.ts';
import { AssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { encodeKeyFile, parseKeyFile, type SigningKey } from '../../ledger/signing/key-file.ts';
import { judgeBuildStatement } from '../../ledger/signing/may-sign.ts';
import type { Envelope } from '../../ledger/verify/dsse.ts';
import { demand, envelopeOf, payloadOf } from './envelope.ts';
import type { Vault, VaultDeps } from './vault.ts';

type BuilderDeps = Pick<VaultDeps, 'newSeed'>;

/** Throws LEDGER_SIGNER_REFUSED, LEDGER_SIGNER_UNUSABLE. The key is on the disk before its first signature leaves. */
export function attestBuild(
  vault: Vault,
  origin: string,
  statement: JsonObject,
  deps: BuilderDeps,
): Envelope {
  demand(judgeBuildStatement(statement, origin));
  return envelopeOf(payloadOf(statement), [builderKeyOf(vault, origin, deps)]);
}

export function builderKeyOf(vault: Vault, origin: string, { newSeed }: BuilderDeps): SigningKey {
  const name = builderKeyName(origin);
  const stored = vault.builderKey();
  const text =
    stored === undefined ? encodeKeyFile(name, 'ed25519', newSeed()) : Buffer.from(stored).toString('utf8');
  const key = parseKeyFile(text, 'ed25519');
  if (key === undefined || key.verifier.name !== name)
    throw new AssayError(
      'LEDGER_SIGNER_UNUSABLE',
      `the key that signs what ${origin} built is damaged, or of another log`,
    );
  if (stored === undefined) vault.keepBuilderKey(Buffer.from(text, 'utf8'));
  return key;
}
