/** The packages a fake registry holds, and the documents the public npm registry would make of them. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { ownObject, type JsonObject } from '../../src/core/json.ts';
import { attestationDocument, attestationsPointer, type ProvenanceInput } from './fake-attestations.ts';
import { npmTarball } from './tarball.ts';

/** Who published, as the index shows it (`_npmUser`, `gitHead`). Nothing of it is signed. */
export interface Publisher {
  /** Registry account; default `publisher`. */
  readonly name?: string;
  readonly email?: string;
  /** Present on what a workflow published by its own identity, without a token. */
  readonly trustedPublisher?: { readonly id: string; readonly oidcConfigId: string };
  /** Account that let a staged publication go. */
  readonly approver?: string;
  readonly gitHead?: string;
}

/** What a test publishes. Everything but the name and version has a default. */
export interface PublishInput {
  readonly name: string;
  readonly version: string;
  /** Further fields of package.json (dependencies, scripts, bin, ...). */
  readonly manifest?: JsonObject;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** RFC 3339; default long ago, so that no cooldown is meant. `null` leaves it out of the index. */
  readonly publishedAt?: string | null;
  /** Dist-tags to put on it; default `latest` for a version without prerelease. */
  readonly tags?: readonly string[];
  readonly deprecated?: string;
  /** Exact bytes instead of a well-formed tarball. */
  readonly tarball?: Uint8Array;
  /** File name under `/-/`; default the canonical one. */
  readonly fileName?: string;
  /** Merged over the index's version object alone: what the tarball says stays as it is. */
  readonly indexManifest?: JsonObject;
  /** Replaces the index's `dist`. */
  readonly dist?: (dist: JsonObject) => JsonObject;
  /** Advertises attestations that nobody has made. */
  readonly attested?: boolean;
  /** Makes them. */
  readonly provenance?: ProvenanceInput;
  readonly publisher?: Publisher;
}

export interface FakeVersion {
  readonly name: string;
  readonly version: string;
  readonly fileName: string;
  readonly manifest: JsonObject;
  readonly integrity: string;
  readonly publisher: Publisher;
  dist: JsonObject;
  /** Undefined: there are none, and asking for them is 404. */
  attestations: JsonObject | undefined;
  bytes: Uint8Array;
  publishedAt: string | null;
  deprecated: string | undefined;
}

export interface FakePackage {
  readonly name: string;
  readonly versions: Map<string, FakeVersion>;
  readonly tags: Map<string, string>;
  created: string;
  modified: string;
}

export const longAgo = '2021-03-04T05:06:07.000Z';

/** The registry's signing key, as `/-/npm/v1/keys` shows it (ECDSA P-256 over `name@version:integrity`). */
export interface RegistryKey {
  readonly keyid: string;
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

export function createRegistryKey(): RegistryKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const keyid = `SHA256:${createHash('sha256').update(der).digest('base64')}`;
  return { keyid, publicKey: der.toString('base64'), privateKey };
}

export function tarballName(name: string, version: string): string {
  return `${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
}

export interface PublishingRegistry {
  /** Its address; ends with `/`. */
  readonly base: string;
  /** What it calls itself in what it signs; without a slash at its end. */
  readonly identity: string;
  readonly key: RegistryKey;
}

export function makeVersion(input: PublishInput, { base, identity, key }: PublishingRegistry): FakeVersion {
  const { name, version } = input;
  const manifest: JsonObject = { name, version, license: 'MIT', main: 'index.js', ...input.manifest };
  const files = { 'index.js': `module.exports = ${JSON.stringify(`${name}@${version}`)};\n`, ...input.files };
  const bytes = input.tarball ?? npmTarball({ manifest, files });
  const fileName = input.fileName ?? tarballName(name, version);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const signed = Buffer.from(`${name}@${version}:${integrity}`);
  const dist: JsonObject = {
    integrity,
    shasum: createHash('sha1').update(bytes).digest('hex'),
    tarball: `${base}${name}/-/${fileName}`,
    fileCount: Object.keys(files).length + 1,
    unpackedSize: Object.values(files).reduce((total, content) => total + Buffer.byteLength(content), 0),
    signatures: [{ keyid: key.keyid, sig: sign('sha256', signed, key.privateKey).toString('base64') }],
    ...(input.attested === true || input.provenance !== undefined
      ? { attestations: attestationsPointer(base, input, input.provenance) }
      : {}),
  };
  const publishedAt = input.publishedAt === undefined ? longAgo : input.publishedAt;
  const release = {
    name,
    version,
    bytes,
    publishedAt: new Date(publishedAt ?? longAgo),
    registry: identity,
    key,
  };
  return {
    name,
    version,
    fileName,
    manifest: { ...manifest, ...input.indexManifest },
    integrity,
    publisher: input.publisher ?? {},
    dist: input.dist?.(dist) ?? dist,
    attestations:
      input.provenance === undefined
        ? input.attested === true
          ? { attestations: [] }
          : undefined
        : attestationDocument(release, input.provenance),
    bytes,
    publishedAt,
    deprecated: input.deprecated,
  };
}

/** One version's object as it stands in a full packument. */
export function versionDocument(version: FakeVersion): JsonObject {
  const hasScript = ['preinstall', 'install', 'postinstall'].some(
    (name) => ownObject(version.manifest, 'scripts')?.[name] !== undefined,
  );
  return {
    ...version.manifest,
    _id: `${version.name}@${version.version}`,
    _nodeVersion: '22.0.0',
    _npmVersion: '10.9.0',
    _npmUser: npmUser(version.publisher),
    ...(version.publisher.gitHead === undefined ? {} : { gitHead: version.publisher.gitHead }),
    _hasShrinkwrap: false,
    maintainers: [{ name: 'publisher', email: 'publisher@example.com' }],
    dist: version.dist,
    ...(hasScript ? { hasInstallScript: true } : {}),
    ...(version.deprecated === undefined ? {} : { deprecated: version.deprecated }),
  };
}

function npmUser({
  name = 'publisher',
  email = `${name}@example.com`,
  trustedPublisher,
  approver,
}: Publisher): JsonObject {
  return {
    name,
    email,
    ...(trustedPublisher === undefined ? {} : { trustedPublisher }),
    ...(approver === undefined ? {} : { approver: { name: approver, email: `${approver}@example.com` } }),
  };
}

export function fullPackument(pack: FakePackage): JsonObject {
  const latest = pack.versions.get(pack.tags.get('latest') ?? '');
  const times = [...pack.versions.values()].flatMap(({ version, publishedAt }) =>
    publishedAt === null ? [] : [[version, publishedAt] as const],
  );
  return {
    _id: pack.name,
    _rev: `1-${createHash('md5').update(pack.name).digest('hex')}`,
    name: pack.name,
    description: 'A synthetic package',
    'dist-tags': Object.fromEntries(pack.tags),
    versions: Object.fromEntries([...pack.versions].map(([key, version]) => [key, versionDocument(version)])),
    time: { created: pack.created, modified: pack.modified, ...Object.fromEntries(times) },
    maintainers: [{ name: 'publisher', email: 'publisher@example.com' }],
    license: latest?.manifest['license'] ?? 'MIT',
    readme: `# ${pack.name}\n`,
    readmeFilename: 'README.md',
  };
}

/** The fields the public registry keeps in `application/vnd.npm.install-v1+json`. No `time` there. */
const abbreviatedFields = [
  'name',
  'version',
  'deprecated',
  'dependencies',
  'optionalDependencies',
  'devDependencies',
  'bundleDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'bin',
  'directories',
  'dist',
  'engines',
  'os',
  'cpu',
  'libc',
  'hasInstallScript',
  '_hasShrinkwrap',
];

export function abbreviatedPackument(pack: FakePackage): JsonObject {
  const shorten = (version: FakeVersion): JsonObject => {
    const document = versionDocument(version);
    const kept = abbreviatedFields.filter(
      (field) => document[field] !== undefined && document[field] !== false,
    );
    return Object.fromEntries(kept.map((field) => [field, document[field] ?? null]));
  };
  return {
    name: pack.name,
    modified: pack.modified,
    'dist-tags': Object.fromEntries(pack.tags),
    versions: Object.fromEntries([...pack.versions].map(([key, version]) => [key, shorten(version)])),
  };
}
