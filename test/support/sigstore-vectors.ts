/** The cases of the public Sigstore suite, and real attestations of npm packages, where `ASSAY_SHARED` has them. */
import { createHash, createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../src/core/json.ts';
import type { RegistryKey, SigstoreTrust } from '../../src/core/trust.ts';
import type { BundleRequest, SignedThing } from '../../src/sigstore/types.ts';

const vectors = join(process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'vectors');
const cases = join(vectors, 'sigstore-conformance/bundle-verify');
export const skipSigstoreVectors = existsSync(cases)
  ? false
  : 'ASSAY_SHARED/vectors/sigstore-conformance is not there';

/** The TUF root of the vectors ends that very afternoon. */
export const vectorsNow = '2026-11-20T12:00:00.000Z';

/** Defaults of the suite (test/client.py there). */
const beacon = {
  identity:
    'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
  issuer: 'https://token.actions.githubusercontent.com',
};

export interface SigstoreCase {
  readonly name: string;
  readonly bundleFile: string;
  readonly artifactFile: string;
  readonly rootFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly identity: string;
  readonly issuer: string;
}

export function sigstoreCases(): readonly SigstoreCase[] {
  if (skipSigstoreVectors !== false) return [];
  return readdirSync(cases, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => sigstoreCase(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function sigstoreCase(name: string): SigstoreCase {
  const file = (part: string): string | undefined => {
    const path = join(cases, name, part);
    return existsSync(path) ? path : undefined;
  };
  const text = (part: string): string | undefined => {
    const path = file(part);
    return path && readFileSync(path, 'utf8').trim();
  };
  return {
    name,
    bundleFile: join(cases, name, 'bundle.sigstore.json'),
    artifactFile: file('artifact') ?? join(cases, 'a.txt'),
    rootFile: file('trusted_root.json'),
    keyFile: file('key.pub'),
    identity: text('identity') ?? beacon.identity,
    issuer: text('issuer') ?? beacon.issuer,
  };
}

export function readJsonObject(path: string): JsonObject {
  const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isJsonObject(json)) throw new Error(`${path} is no JSON object`);
  return json;
}

export function trustOf(trustedRoot: JsonObject, name = 'vectors'): SigstoreTrust {
  const unknown = { tufRoot: undefined, confirmedAt: undefined, staleAt: undefined };
  return { name, trustedRoot, source: 'configured', ...unknown };
}

export function publicGoodRoot(): JsonObject {
  return readJsonObject(join(vectors, 'sigstore-public-good/trusted_root.json'));
}

/** As the suite's runner asks: by file, or by its SHA-256. */
export function requestFor(of: SigstoreCase, by: 'file' | 'digest'): BundleRequest {
  const bundle = readJsonObject(of.bundleFile);
  const bytes = readFileSync(of.artifactFile);
  const hex = createHash('sha256').update(bytes).digest('hex');
  const thing: SignedThing =
    by === 'file' ? { kind: 'bytes', bytes } : { kind: 'digest', algorithm: 'sha256', hex };
  return {
    bundle,
    thing,
    roots: [trustOf(of.rootFile === undefined ? publicGoodRoot() : readJsonObject(of.rootFile))],
    keys: of.keyFile === undefined ? [] : [givenKey(bundle, of.keyFile)],
    ...(of.keyFile === undefined && { expected: { subject: of.identity, issuer: of.issuer } }),
    now: vectorsNow,
  };
}

function givenKey(bundle: JsonObject, path: string): RegistryKey {
  const material = ownObject(bundle, 'verificationMaterial') ?? {};
  const keyid = ownString(ownObject(material, 'publicKey') ?? {}, 'hint') ?? '';
  const usages = [{ usage: 'attestations', from: undefined, until: undefined }] as const;
  return { keyid, spki: spkiOf(readFileSync(path, 'utf8')), usages, source: 'configured' };
}

/** One case's key is none. */
function spkiOf(pem: string): string {
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64');
  } catch {
    return 'AAAA';
  }
}

/** The attestations npm serves for `sigstore@<version>`: two bundles each. */
export function npmBundles(version: '0.4.0' | '2.3.1'): readonly JsonObject[] {
  const document = readJsonObject(join(vectors, `npm-attestations/sigstore-${version}.json`));
  const list = own(document, 'attestations');
  if (!Array.isArray(list)) throw new Error('no list of attestations');
  return list.filter(isJsonObject).map((one) => ownObject(one, 'bundle') ?? {});
}

/** npm's two keys with the windows that the TUF target gives them for attestations. */
export function npmKeys(): readonly RegistryKey[] {
  const document = readJsonObject(join(vectors, 'sigstore-public-good/npm-keys.json'));
  const list = own(document, 'keys');
  if (!Array.isArray(list)) throw new Error('no list of keys');
  return list.filter(isJsonObject).flatMap((key): RegistryKey[] => {
    if (ownString(key, 'keyUsage') !== 'npm:attestations') return [];
    const publicKey = ownObject(key, 'publicKey') ?? {};
    const window = ownObject(publicKey, 'validFor') ?? {};
    const usage = {
      usage: 'attestations' as const,
      from: ownString(window, 'start'),
      until: ownString(window, 'end'),
    };
    const keyid = ownString(key, 'keyId') ?? '';
    return [{ keyid, spki: ownString(publicKey, 'rawBytes') ?? '', usages: [usage], source: 'pinned' }];
  });
}

export interface RegistrySignature {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly keyid: string;
  readonly sig: string;
}

/** Real registry signatures of npm, by both of its keys. */
export function registrySignatures(): readonly [RegistrySignature, ...RegistrySignature[]] {
  const path = join(vectors, 'npm-signatures/signatures.json');
  return JSON.parse(readFileSync(path, 'utf8')) as [RegistrySignature, ...RegistrySignature[]];
}
