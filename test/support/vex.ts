/** VEX documents, and signers of them. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { JsonObject } from '../../src/core/json.ts';
import { preAuthEncoding } from '../../src/sigstore/dsse.ts';
import type { VexSignerSettings } from '../../src/server/config/settings.ts';

export interface TestSigner {
  readonly settings: VexSignerSettings;
  /** PEM. */
  readonly publicKey: string;
  /** Over these bytes, as a file beside them holds it. */
  readonly sign: (bytes: string | Uint8Array) => Buffer;
  /** A DSSE envelope. */
  readonly envelope: (payload: string, payloadType?: string) => string;
}

export function vexSigner(name: string, kind: 'ed25519' | 'ec-p256' = 'ed25519', validDays = 90): TestSigner {
  const { publicKey, privateKey } = kind === 'ed25519' ? generateKeyPairSync('ed25519') : p256();
  const signOver = (bytes: string | Uint8Array): Buffer =>
    sign(kind === 'ed25519' ? null : 'sha256', Buffer.from(bytes), privateKey);
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  return {
    settings: { name, key, validDays },
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    sign: signOver,
    envelope: (payload, payloadType = 'application/vnd.openvex+json') => {
      const encoded = preAuthEncoding(payloadType, Buffer.from(payload));
      return JSON.stringify({
        payloadType,
        payload: Buffer.from(payload).toString('base64'),
        signatures: [{ keyid: 'whatever', sig: signOver(encoded).toString('base64') }],
      });
    },
  };
}

function p256(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

export const vexMade = '2026-11-01T00:00:00Z';

/** Says of `CVE-2026-1111` that it does not affect the product. */
export function vexStatement(product: string, change: JsonObject = {}): JsonObject {
  return {
    vulnerability: { name: 'CVE-2026-1111' },
    products: [{ '@id': product }],
    status: 'not_affected',
    justification: 'vulnerable_code_not_present',
    ...change,
  };
}

export function openVexText(statements: readonly JsonObject[], change: JsonObject = {}): string {
  return JSON.stringify({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://example.com/vex/1',
    author: 'Somebody Else',
    timestamp: vexMade,
    version: 1,
    statements,
    ...change,
  });
}
