/** Signing releases as an npm registry does, with a key of its own that is made at the first signature. */
import { AssayError } from '../../core/errors.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import { judgeRegistrySignature } from '../../ledger/signing/may-sign.ts';
import {
  encodeRegistryKeys,
  maxRetiredKeys,
  newRegistryKeys,
  parseRegistryKeys,
  publicKeysOf,
  registrySign,
  registrySignatureText,
  type RegistryKeys,
  type RegistryPublicKey,
} from '../../ledger/signing/registry-keys.ts';
import type { RegistrySignature, RegistrySignatureRequest } from '../../ledger/signing/requests.ts';
import type { Vault } from './vault.ts';

interface RegistryDeps {
  readonly newSeed: () => Uint8Array;
  readonly clock: Clock;
}

/** Throws LEDGER_SIGNER_REFUSED, LEDGER_SIGNER_UNUSABLE. The key is on the disk before its first signature leaves. */
export function signRelease(
  vault: Vault,
  request: RegistrySignatureRequest,
  { newSeed }: RegistryDeps,
): RegistrySignature {
  const judgement = judgeRegistrySignature(request);
  if (!judgement.ok) throw new AssayError(judgement.code, judgement.why);
  const keys = stored(vault, request.origin) ?? kept(vault, drawn(request.origin, newSeed, []));
  const text = registrySignatureText(request.name, request.version, request.integrity);
  return { keyid: keys.current.keyid, sig: registrySign(keys, text) };
}

export function registryKeysIn(vault: Vault, origin: string): readonly RegistryPublicKey[] {
  const keys = stored(vault, origin);
  return keys === undefined ? [] : publicKeysOf(keys);
}

/** The private half of the old key is gone when this returns; its public half is served on, with its end. */
export function rotateRegistryKey(
  vault: Vault,
  origin: string,
  { newSeed, clock }: RegistryDeps,
): readonly RegistryPublicKey[] {
  const before = stored(vault, origin);
  if (before === undefined) return publicKeysOf(kept(vault, drawn(origin, newSeed, [])));
  if (before.retired.length >= maxRetiredKeys)
    throw new AssayError(
      'LEDGER_SIGNER_REFUSED',
      `refused: a key for releases after ${maxRetiredKeys} others`,
    );
  const retired = [{ ...before.current, expires: rfc3339(clock()) }, ...before.retired];
  return publicKeysOf(kept(vault, drawn(origin, newSeed, retired)));
}

function kept(vault: Vault, keys: RegistryKeys): RegistryKeys {
  vault.keepRegistryKeys(Buffer.from(encodeRegistryKeys(keys), 'utf8'));
  return keys;
}

function stored(vault: Vault, origin: string): RegistryKeys | undefined {
  const bytes = vault.registryKeys();
  if (bytes === undefined) return undefined;
  const keys = parseRegistryKeys(bytes, origin);
  if (keys !== undefined) return keys;
  throw new AssayError(
    'LEDGER_SIGNER_UNUSABLE',
    `the keys that sign releases for ${origin} are damaged, or of another log`,
  );
}

function drawn(
  origin: string,
  newSeed: RegistryDeps['newSeed'],
  retired: readonly RegistryPublicKey[],
): RegistryKeys {
  for (;;) {
    const keys = newRegistryKeys(origin, newSeed(), retired);
    if (keys !== undefined) return keys;
  }
}
