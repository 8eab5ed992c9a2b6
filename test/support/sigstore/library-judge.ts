/** `@sigstore/verify` as the second judge: what our verification accepts, it must accept too. */
import { createPublicKey } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { X509Certificate } from '@sigstore/core';
import { toSignedEntity, Verifier, type TrustMaterial } from '@sigstore/verify';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../../src/core/json.ts';
import type { RegistryKey } from '../../../src/core/trust.ts';

export type LibraryVerdict = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** A verifier for one trusted root and one set of keys, to be used many times. */
export function libraryJudge(
  trustedRoot: JsonObject,
  keys: readonly RegistryKey[] = [],
): (bundle: JsonObject, bytes: Buffer) => LibraryVerdict {
  const verifier = new Verifier(materialOf(trustedRoot, keys));
  return (bundle, bytes) => {
    try {
      verifier.verify(toSignedEntity(bundleFromJSON(bundle), bytes));
      return { ok: true };
    } catch (error) {
      return { ok: false, why: String(error) };
    }
  };
}

function materialOf(root: JsonObject, keys: readonly RegistryKey[]): TrustMaterial {
  const decode = (from: JsonObject, key: string): Buffer => Buffer.from(ownString(from, key) ?? '', 'base64');
  const logsOf = (key: string): TrustMaterial['tlogs'] =>
    objects(root, key).map((log) => {
      const publicKey = ownObject(log, 'publicKey') ?? {};
      const isPkcs1 = ownString(publicKey, 'keyDetails')?.startsWith('PKCS1_') === true;
      return {
        baseURL: ownString(log, 'baseUrl') ?? '',
        logID: decode(ownObject(log, 'logId') ?? {}, 'keyId'),
        publicKey: createPublicKey({
          key: decode(publicKey, 'rawBytes'),
          format: 'der',
          type: isPkcs1 ? 'pkcs1' : 'spki',
        }),
        validFor: windowOf(publicKey),
      };
    });
  const authoritiesOf = (key: string): TrustMaterial['certificateAuthorities'] =>
    objects(root, key).map((authority) => ({
      certChain: objects(ownObject(authority, 'certChain') ?? {}, 'certificates').map((certificate) =>
        X509Certificate.parse(Buffer.from(decode(certificate, 'rawBytes'))),
      ),
      validFor: windowOf(authority),
    }));
  return {
    tlogs: logsOf('tlogs'),
    ctlogs: logsOf('ctlogs'),
    certificateAuthorities: authoritiesOf('certificateAuthorities'),
    timestampAuthorities: authoritiesOf('timestampAuthorities'),
    publicKey: (hint) => {
      const key = keys.find(({ keyid }) => keyid === hint);
      if (key === undefined) throw new Error('no such key');
      const spki = Buffer.from(key.spki, 'base64');
      return {
        publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
        validFor: () => true,
      };
    },
  };
}

function objects(from: JsonObject, key: string): readonly JsonObject[] {
  const list = own(from, key);
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function windowOf(from: JsonObject): { readonly start: Date; readonly end: Date } {
  const window = ownObject(from, 'validFor') ?? {};
  return {
    start: new Date(ownString(window, 'start') ?? 0),
    end: new Date(ownString(window, 'end') ?? 8.64e15),
  };
}
