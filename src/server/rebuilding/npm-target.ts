/** The npm release that a build is compared with: its bytes, and what its index says of where it came from. */
import type { AdmissionStore, UpstreamClient } from '../../admission/deps.ts';
import type { Indexes } from '../../admission/indexes.ts';
import type { ReadingOutcome } from '../../core/collector.ts';
import type { ArtifactDigests, Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { Evidence } from '../../core/evidence.ts';
import type { IndexVersion } from '../../core/index-view.ts';
import { own, ownString, type JsonObject } from '../../core/json.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { PublicationFacts } from '../../rebuild/recipe/infer/facts.ts';
import type { ProvenanceFacts, ReleaseFacts } from '../../rebuild/source/types.ts';
import type { BuildTarget } from './deps.ts';

export interface NpmTarget extends Pick<BuildTarget, 'purl' | 'artifact'> {
  readonly upstream: UpstreamId;
  readonly release: ReleaseFacts;
  readonly publication: PublicationFacts;
  /** Unix seconds; undefined where the index's times say nothing. */
  readonly publishedAt: number | undefined;
}

export interface NpmTargetDeps {
  readonly upstreamOf: (name: string) => UpstreamId | undefined;
  readonly indexes: Pick<Indexes, 'look'>;
  readonly store: Pick<AdmissionStore, 'releasesOf' | 'release'>;
  readonly upstream: Pick<UpstreamClient, 'fetchFile'>;
  readonly manifest: (
    upstream: UpstreamId,
    name: string,
    body: Sha256,
    version: string,
  ) => Promise<JsonObject>;
  readonly blobs: { readonly size: (digest: ArtifactDigests['sha256']) => Promise<number | undefined> };
  readonly readArchive: (artifact: ArtifactDigests) => Promise<ReadingOutcome>;
}

/** Throws PURL_INVALID, INDEX_VERSION_ABSENT, UPSTREAM_*, STORAGE_*. What policy says of it does not matter here. */
export async function locateNpm(deps: NpmTargetDeps, purl: Purl): Promise<NpmTarget> {
  const { name, version: wanted } = parsePurl(purl);
  const upstream = deps.upstreamOf(name);
  if (upstream === undefined) throw new AssayError('PURL_INVALID', `no upstream answers for ${purl}`);
  const index = await deps.indexes.look(upstream, name);
  if (index.state === 'absent') throw new AssayError('INDEX_VERSION_ABSENT', `upstream has no ${name}`);
  const asked = wanted ?? index.view.tags['latest'];
  const version = index.view.versions.find((one) => one.version === asked);
  if (version === undefined)
    throw new AssayError('INDEX_VERSION_ABSENT', `upstream lists no ${name}@${asked ?? 'latest'}`);
  const manifest = await deps.manifest(upstream, name, index.body, version.version);
  const { artifact, evidence } = await bytesOf(deps, upstream, name, version);
  const publishedAt = index.view.timeOrderTrust === 'implausible' ? undefined : version.claimedTime;
  return {
    purl: formatPurl('npm', name, version.version),
    upstream,
    artifact,
    release: {
      name,
      version: version.version,
      repository: own(manifest, 'repository'),
      gitHead: own(manifest, 'gitHead'),
      provenance: provenanceIn(evidence),
    },
    publication: {
      nodeVersion: ownString(manifest, '_nodeVersion'),
      npmVersion: ownString(manifest, '_npmVersion'),
      publishedAt,
      ...(await publishedFiles(deps, artifact)),
    },
    publishedAt: publishedAt === undefined ? undefined : Math.floor(Date.parse(publishedAt) / 1000),
  };
}

/** As they were assayed; else fetched, also where policy refused by the index alone. */
async function bytesOf(
  { store, blobs, upstream: client }: NpmTargetDeps,
  upstream: UpstreamId,
  name: string,
  version: IndexVersion,
): Promise<{ readonly artifact: ArtifactDigests; readonly evidence: readonly Evidence[] }> {
  const releases = await store.releasesOf(upstream, name);
  const known = releases.find((one) => one.file === version.file);
  const record = known === undefined ? undefined : await store.release(known.id);
  const { artifact, evidence = [] } = record ?? {};
  if (artifact !== undefined && (await blobs.size(artifact.sha256)) !== undefined)
    return { artifact, evidence };
  const fetched = await client.fetchFile(upstream, version.url, version.claimed);
  return { artifact: fetched.artifact, evidence };
}

function provenanceIn(evidence: readonly Evidence[]): ProvenanceFacts | undefined {
  const verified = evidence.find(({ kind, result }) => kind === 'provenance' && result === 'pass');
  const text = (key: string): string | undefined => {
    const value = verified?.facts[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [repositoryUri, commit] = [text('repository'), text('commit')];
  if (repositoryUri === undefined || commit === undefined) return undefined;
  return {
    repositoryUri,
    commit,
    repositoryId: text('repositoryId'),
    ownerId: text('ownerId'),
    ref: text('ref'),
  };
}

async function publishedFiles(
  { readArchive }: NpmTargetDeps,
  artifact: ArtifactDigests,
): Promise<Pick<PublicationFacts, 'paths' | 'manifest'>> {
  const outcome = await readArchive(artifact);
  if (outcome.state !== 'read' || outcome.reading.verdict !== 'agreed')
    return { paths: undefined, manifest: undefined };
  const { members, manifestText } = outcome.reading;
  const paths = members
    .filter(({ type }) => type === 'file')
    .map(({ path }) => path.slice(path.indexOf('/') + 1));
  return { paths, manifest: manifestText };
}
