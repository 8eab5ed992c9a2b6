/** Those whose VEX documents are believed, each with the public key that its signatures are made with. */
import { createPublicKey } from 'node:crypto';
import { describeKey } from '../../core/algorithms.ts';
import type { LayerEntry } from './layers.ts';
import type { VexSignerValues } from './schema.ts';
import type { VexSignerSettings } from './settings.ts';

const dayMs = 86_400_000;
/** As long as anything that is said here holds. */
const defaultValidMs = 365 * dayMs;

/** SubjectPublicKeyInfo, base64; undefined for what is no PEM of an Ed25519 or ECDSA P-256 public key. */
export function signerKeyIn(pem: string): string | undefined {
  // Node would make a public key out of a private one, which has no place in a configuration.
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem)) return undefined;
  try {
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
    return ['ed25519', 'ec-p256'].includes(describeKey(spki)) ? spki.toString('base64') : undefined;
  } catch {
    return undefined;
  }
}

export function vexSignerSettings(entry: LayerEntry | undefined): readonly VexSignerSettings[] {
  return ((entry?.value ?? []) as readonly VexSignerValues[]).map(
    ({ name, publicKey, validFor = defaultValidMs }) => ({
      name,
      key: publicKey,
      validDays: validFor / dayMs,
    }),
  );
}
