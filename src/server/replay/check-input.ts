/** A check's input, put together again from what is stored. */
import type { ReleaseRecord } from '../../admission/deps.ts';
import { unscanned, type CollectorInput, type Observation } from '../../core/collector.ts';
import { sha256 } from '../../core/digest.ts';
import type { Evidence } from '../../core/evidence.ts';
import { formatPurl, parsePurl } from '../../core/purl.ts';
import type { TrustMaterial } from '../../core/trust.ts';
import { readEntry } from '../../registries/npm/packument-version.ts';
import type { Storage } from '../../storage/open.ts';

export interface InputDeps {
  readonly storage: Pick<Storage, 'admission' | 'blobs' | 'history'>;
  readonly identityHostOf: (upstream: string) => string;
}

interface CheckInput {
  readonly release: ReleaseRecord;
  readonly evidence: readonly Evidence[];
  readonly recorded: Evidence;
  /** What the check looks at besides. */
  readonly change: Partial<CollectorInput>;
}

const noTrust: TrustMaterial = { digest: sha256(''), sigstore: [], registryKeys: new Map() };

/** As the check was given it, for all that it looks at; undefined when the index entry is none. */
export async function inputOf(
  { storage, identityHostOf }: InputDeps,
  { release, evidence, recorded, change }: CheckInput,
): Promise<CollectorInput | undefined> {
  const { subject, indexManifest, version, artifact, claimedTime } = release;
  const { name } = parsePurl(subject.purl);
  const entry = readEntry(name, version, indexManifest, claimedTime);
  if (entry.state !== 'read' || artifact === undefined) return undefined;
  const { upstream, ecosystem } = subject;
  return {
    subject,
    index: {
      upstream,
      ecosystem,
      purl: formatPurl(ecosystem, name),
      name,
      versions: [entry.version],
      tags: {},
      timeOrderTrust: 'not-available',
      digest: sha256(''),
      sizeBytes: 0,
    },
    version: entry.version,
    indexManifest,
    artifact,
    archive: { state: 'failed', code: 'ARCHIVE_READER_FAILED', message: 'not read again' },
    origin: { upstream, identityHost: identityHostOf(upstream), urls: [], fetchedAt: recorded.collectedAt },
    observation: await observationOf(storage, release, recorded.collectedAt),
    predecessor: undefined,
    trust: noTrust,
    attestations: { state: 'not-advertised' },
    history: {
      verified: [],
      advertised: await storage.history.advertised(upstream, name, version),
      expectations: [],
      ofSamePublisher: [],
      predecessorManifest: undefined,
      newDependencies: [],
    },
    forge: undefined,
    ...unscanned,
    earlier: evidence.filter(({ kind }) => kind !== recorded.kind),
    now: recorded.collectedAt,
    ...change,
  };
}

async function observationOf(
  { admission }: Pick<Storage, 'admission'>,
  { subject, version }: ReleaseRecord,
  at: string,
): Promise<Observation> {
  const { name } = parsePurl(subject.purl);
  const seen = (await admission.appearances(subject.upstream, name)).get(version);
  const index = await admission.indexRecord(subject.upstream, name);
  return {
    firstLookAt: index?.firstLookAt ?? at,
    absentAt: seen?.absentAt,
    presentAt: seen?.presentAt ?? at,
  };
}
