/**
 * Signing what is said of builds, with a key of its own: the log's key says what was recorded, this one what was built, and
 * neither signs for the other. A key signs once the log has the entry that brings it, and not before.
 */
import { builderKeyName } from '../../core/build-attestation.ts';
import { canonicalBytes } from '../../core/canonical-json.ts';
import { AssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Principal } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import { builderKeyStatement, judgeBuilderKeyUse } from '../../ledger/signing/builder-key.ts';
import { encodeKeyFile, parseKeyFile, type SigningKey } from '../../ledger/signing/key-file.ts';
import { judgeBuildStatement } from '../../ledger/signing/may-sign.ts';
import type { BuilderKeys, BuilderKeyUse, NewBuilderKey } from '../../ledger/signing/requests.ts';
import type { Envelope } from '../../ledger/verify/dsse.ts';
import { formatVkey } from '../../ledger/verify/vkey.ts';
import { demand, envelopeOf, payloadOf } from './envelope.ts';
import type { Vault, VaultDeps } from './vault.ts';

/** Throws LEDGER_SIGNER_REFUSED, LEDGER_SIGNER_UNUSABLE. */
export function attestBuild(vault: Vault, origin: string, statement: JsonObject): Envelope {
  demand(judgeBuildStatement(statement, origin));
  const key = keyIn(vault.builderKey(), origin);
  if (key === undefined) throw refusal('refused: no key for builds is in force');
  return envelopeOf(payloadOf(statement), [key]);
}

/** Throws LEDGER_SIGNER_UNUSABLE. */
export function builderKeysIn(vault: Vault | undefined, origin: string): BuilderKeys {
  const inForce = keyIn(vault?.builderKey(), origin);
  const next = keyIn(vault?.nextBuilderKey(), origin);
  return {
    ...(inForce === undefined ? {} : { inForce: formatVkey(inForce.verifier) }),
    ...(next === undefined ? {} : { next: formatVkey(next.verifier) }),
  };
}

/** Throws LEDGER_SIGNER_UNUSABLE. The key is on the disk before its statement leaves. */
export function beginBuilderKey(
  vault: Vault,
  { origin, principal }: { readonly origin: string; readonly principal: Principal },
  { newSeed, clock }: Pick<VaultDeps, 'newSeed'> & { readonly clock: Clock },
): NewBuilderKey {
  const before = keyIn(vault.builderKey(), origin);
  const key = keyIn(vault.nextBuilderKey(), origin) ?? drawn(vault, origin, newSeed);
  const statement = builderKeyStatement({
    origin,
    key: key.verifier,
    replaces: before?.verifier,
    principal,
    time: rfc3339(clock()),
  });
  const signers = [...vault.keys(), key, ...(before === undefined ? [] : [before])];
  return { vkey: formatVkey(key.verifier), envelope: envelopeOf(canonicalBytes(statement), signers) };
}

/** The private half of the key before is gone when this returns. Throws LEDGER_SIGNER_REFUSED, LEDGER_SIGNER_UNUSABLE. */
export function applyBuilderKey(vault: Vault, use: BuilderKeyUse & { readonly origin: string }): string {
  const { inForce, next } = builderKeysIn(vault, use.origin);
  const vkey = next ?? inForce;
  if (vkey === undefined) throw refusal('refused: no key for builds was made');
  demand(judgeBuilderKeyUse(vault.state(), vkey, use));
  if (next !== undefined) vault.useNextBuilderKey();
  return vkey;
}

function drawn(vault: Vault, origin: string, newSeed: VaultDeps['newSeed']): SigningKey {
  const text = encodeKeyFile(builderKeyName(origin), 'ed25519', newSeed());
  vault.keepNextBuilderKey(Buffer.from(text, 'utf8'));
  const key = keyIn(Buffer.from(text, 'utf8'), origin);
  if (key === undefined) throw new RangeError('a key that was written cannot be read');
  return key;
}

function keyIn(stored: Uint8Array | undefined, origin: string): SigningKey | undefined {
  if (stored === undefined) return undefined;
  const key = parseKeyFile(Buffer.from(stored).toString('utf8'), 'ed25519');
  if (key !== undefined && key.verifier.name === builderKeyName(origin)) return key;
  throw new AssayError(
    'LEDGER_SIGNER_UNUSABLE',
    `the key that signs what ${origin} built is damaged, or of another log`,
  );
}

function refusal(why: string): AssayError {
  return new AssayError('LEDGER_SIGNER_REFUSED', why);
}
