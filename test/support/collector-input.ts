/** A collector's input about an ordinary package, to be bent by each test. */
import type { ArchiveMember, ArchiveReading } from '../../src/core/archive-reading.ts';
import type { CollectorDeps } from '../../src/evidence/collectors.ts';
import { unscanned, type CollectorInput } from '../../src/core/collector.ts';
import { artifactDigestsOf, sha256 } from '../../src/core/digest.ts';
import type { IndexVersion, IndexView, Publication } from '../../src/core/index-view.ts';
import { formatPurl } from '../../src/core/purl.ts';
import type { UpstreamId } from '../../src/core/subject.ts';
import type { TrustMaterial } from '../../src/core/trust.ts';

export const sampleNow = '2026-11-20T12:00:00.000Z';
export const sampleBytes = Buffer.from('the bytes of a tarball');
const upstream = 'npm' as UpstreamId;

export function member(path: string): ArchiveMember {
  return { path, type: 'file', mode: 0o644, sizeBytes: 1, sha256: sha256('x') };
}

/** `files` are paths inside the top folder, beside package.json. */
export function readingOf(manifestText: string | undefined, files: readonly string[] = []): ArchiveReading {
  const members = ['package.json', ...files].map((path) => member(`package/${path}`));
  return {
    verdict: 'agreed',
    findings: [],
    members,
    totalBytes: 10,
    manifestText,
    readers: ['strict', 'library'],
  };
}

export function samplePublication(change: Partial<Publication> = {}): Publication {
  return {
    publisher: 'jane',
    publisherEmail: 'jane@example.com',
    trustedPublisher: undefined,
    approver: undefined,
    attested: false,
    signatures: 0,
    gitHead: undefined,
    ...change,
  };
}

export const noTrust: TrustMaterial = { digest: sha256('no trust'), sigstore: [], registryKeys: new Map() };

export function sampleVersion(change: Partial<IndexVersion> = {}): IndexVersion {
  const digests = artifactDigestsOf(sampleBytes);
  return {
    version: '1.2.3',
    file: 'sample-1.2.3.tgz',
    url: 'https://registry.example.com/sample/-/sample-1.2.3.tgz',
    claimed: [
      { algorithm: 'sha512', hex: digests.sha512 },
      { algorithm: 'sha1', hex: digests.sha1 },
    ],
    claimedTime: '2026-01-01T00:00:00.000Z',
    deprecated: undefined,
    installScripts: {},
    hasInstallScript: false,
    publication: samplePublication(),
    ...change,
  };
}

export function sampleView(version: IndexVersion): IndexView {
  return {
    upstream,
    ecosystem: 'npm',
    purl: formatPurl('npm', 'sample'),
    name: 'sample',
    versions: [version],
    tags: { latest: version.version },
    timeOrderTrust: 'plausible',
    digest: sha256('index'),
    sizeBytes: 5,
  };
}

const manifest = { name: 'sample', version: '1.2.3' };

export function sampleInput(change: Partial<CollectorInput> = {}): CollectorInput {
  const version = change.version ?? sampleVersion();
  return {
    subject: {
      upstream,
      channel: 'main',
      ecosystem: 'npm',
      purl: formatPurl('npm', 'sample', '1.2.3'),
      file: version.file,
      claimedIntegrity: '',
      artifact: artifactDigestsOf(sampleBytes).sha256,
    },
    index: sampleView(version),
    version,
    indexManifest: manifest,
    artifact: artifactDigestsOf(sampleBytes),
    archive: { state: 'read', reading: readingOf(JSON.stringify(manifest)) },
    origin: {
      upstream: 'npm',
      identityHost: 'registry.example.com',
      urls: [version.url],
      fetchedAt: sampleNow,
    },
    observation: {
      firstLookAt: '2026-11-01T00:00:00.000Z',
      absentAt: undefined,
      presentAt: '2026-11-01T00:00:00.000Z',
    },
    predecessor: undefined,
    trust: noTrust,
    attestations: { state: 'not-advertised' },
    history: undefined,
    forge: undefined,
    ...unscanned,
    earlier: [],
    now: sampleNow,
    ...change,
  };
}

/** For tests that judge neither licences nor the age of a feed. */
export const collectorSettings: Omit<CollectorDeps, 'verifyBundle'> = {
  feedLimits: { warnAfterHours: 48, failAfterHours: 120 },
  licences: { allow: [], review: [], deny: [] },
};
