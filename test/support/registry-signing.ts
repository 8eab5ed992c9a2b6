/** Registry keys whose windows and usages a test chooses, and index entries signed with them. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { integrityOf, sha256, type ArtifactDigests } from '../../src/core/digest.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { RegistryKey, TrustMaterial } from '../../src/core/trust.ts';

export interface SigningKey {
  readonly key: RegistryKey;
  readonly privateKey: KeyObject;
}

type Usage = RegistryKey['usages'][number];

export function signingKey(keyid: string, usage: Partial<Usage> = {}, namedCurve = 'prime256v1'): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const usages: readonly Usage[] = [{ usage: 'signatures', from: undefined, until: undefined, ...usage }];
  return { key: { keyid, spki, usages, source: 'pinned' }, privateKey };
}

export function signatureOf(text: string, { key, privateKey }: SigningKey): JsonObject {
  return { keyid: key.keyid, sig: sign('sha256', Buffer.from(text), privateKey).toString('base64') };
}

/** An index entry as the registry would show it. */
export function signedManifest(
  name: string,
  version: string,
  artifact: ArtifactDigests,
  keys: readonly SigningKey[],
): JsonObject {
  const integrity = integrityOf(artifact.sha512);
  const signatures = keys.map((key) => signatureOf(`${name}@${version}:${integrity}`, key));
  return { name, version, dist: { integrity, shasum: artifact.sha1, signatures } };
}

export function trustIn(host: string, keys: readonly SigningKey[]): TrustMaterial {
  return {
    digest: sha256(keys.map(({ key }) => key.spki).join()),
    sigstore: [],
    registryKeys: new Map([[host, keys.map(({ key }) => key)]]),
  };
}
