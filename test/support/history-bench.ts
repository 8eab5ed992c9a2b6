/** The admission bench with provenance that is taken for what a document says: verifying is somebody else's to test. */
import { collectorSettings } from './collector-input.ts';
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Collector, CollectorInput, PackageHistory } from '../../src/core/collector.ts';
import { artifactDigestsOf, sha256 } from '../../src/core/digest.ts';
import { ownString, type JsonObject } from '../../src/core/json.ts';
import { createCollectors } from '../../src/evidence/collectors.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { verifyBundle } from '../../src/sigstore/verify.ts';
import { hourMs, startAdmission, type AdmissionBench } from './admission-bench.ts';
import type { PublishInput } from './fake-package.ts';

const collectors = createCollectors({
  verifyBundle: (request) => Promise.resolve(verifyBundle(request)),
  ...collectorSettings,
});
export const dayMs = 24 * hourMs;

export interface HistoryBench extends AdmissionBench {
  /** Publishes a version with provenance, so many days ago. */
  readonly attest: (version: string, daysAgo: number, change?: Partial<Attested>) => void;
  /** Versions whose attestations were asked for. */
  readonly asked: string[];
  /** What the collector of expectations was told last. */
  readonly told: () => PackageHistory;
}

/** Every sub-verdict that policy asks these two kinds for. */
const verdicts = Object.fromEntries(
  [
    'trust-root',
    'trust-downgrade',
    'source-changed',
    'builder-changed',
    'ref-or-trigger',
    'source-tag',
    'run-conclusion',
    'stripped',
    'publisher-changed',
    'burst',
    'dependency-changed',
    'time-anomaly',
  ].map((rule) => [`rule.${rule}`, 'not-available']),
);

interface Attested {
  readonly name: string;
  readonly repositoryId: string;
  readonly valid: boolean;
  /** When the log signed it; default: when the index says it was published. */
  readonly signedDaysAgo: number;
  /** The rule about sources fails, or warns. */
  readonly foreign: boolean | 'warn';
  readonly publisher: NonNullable<PublishInput['publisher']>;
}

/** Collectors that take a document for what it says: provenance is somebody else's to verify. */
export async function startHistory(
  t: TestContext,
  policy: Partial<PolicySettings> = {},
): Promise<HistoryBench> {
  const bench = await startAdmission(t, policy);
  const documents = new Map<string, JsonObject>();
  const asked: string[] = [];
  let told: PackageHistory | undefined;
  bench.setCollectors([
    ...collectors.filter(({ kind }) => kind !== 'provenance' && kind !== 'expectations'),
    collectorOf('provenance', (input) => provenanceFacts(input)),
    collectorOf('expectations', ({ history, attestations }) => {
      told = history;
      if (attestations.state !== 'answered') return {};
      const { repositoryId, foreign } = attestations.document;
      const other = history?.expectations.some(
        ({ identity }) => identity !== undefined && identity.repositoryId !== repositoryId,
      );
      if (foreign === 'warn') return { 'rule.source-changed': 'warn' };
      return foreign === true || other === true ? { 'rule.source-changed': 'fail' } : {};
    }),
  ]);
  bench.setAttestations((_upstream, name, version) => {
    asked.push(version);
    const document = documents.get(`${name}@${version}`);
    return Promise.resolve(
      document === undefined
        ? { state: 'missing' }
        : { state: 'answered', document, digest: sha256(JSON.stringify(document)) },
    );
  });
  return {
    ...bench,
    asked,
    attest: (version, daysAgo, change = {}) => {
      const { name = 'lib', repositoryId = '42', valid = true, foreign = false, publisher = {} } = change;
      const publishedAt = new Date(Date.now() - daysAgo * dayMs).toISOString();
      const { bytes } = bench.registry.publish({ name, version, publishedAt, attested: true, publisher });
      documents.set(`${name}@${version}`, {
        sha512: valid ? artifactDigestsOf(bytes).sha512 : 'other bytes',
        repositoryId,
        foreign,
        signedTime: new Date(Date.now() - (change.signedDaysAgo ?? daysAgo) * dayMs).toISOString(),
      });
    },
    told: () => {
      assert.ok(told !== undefined);
      return told;
    },
  };
}

function collectorOf(kind: string, facts: (input: CollectorInput) => Record<string, string> | undefined) {
  const collector: Collector = {
    kind,
    version: 'test',
    scope: 'release',
    ...(kind === 'expectations' ? { after: ['provenance'], usesHistory: true } : {}),
    collect: (input) => {
      const found = facts(input);
      return {
        kind,
        scope: 'release',
        result: found === undefined ? 'not-available' : 'pass',
        summary: 'as the document says',
        facts: { ...verdicts, ...found },
        items: [],
        tool: { name: `assay/${kind}`, version: 'test' },
        collectedAt: input.now,
      };
    },
  };
  return collector;
}

function provenanceFacts({ attestations, artifact }: CollectorInput): Record<string, string> | undefined {
  if (attestations.state !== 'answered') return undefined;
  const { document } = attestations;
  if (ownString(document, 'sha512') !== artifact.sha512) return undefined;
  return {
    state: 'verified',
    signedTime: ownString(document, 'signedTime') ?? '',
    predicateType: 'https://slsa.dev/provenance/v1',
    issuer: 'https://token.example.com',
    repository: 'https://forge.example.com/owner/lib',
    repositoryId: ownString(document, 'repositoryId') ?? '',
    ownerUri: 'https://forge.example.com/owner',
    ownerId: '7',
    workflow: '.github/workflows/release.yml',
    signer: 'https://forge.example.com/owner/lib/.github/workflows/release.yml@refs/heads/main',
    ref: 'refs/heads/main',
    trigger: 'push',
    runner: 'github-hosted',
    document: attestations.digest,
  };
}

export function versionsOf({ verified }: PackageHistory): readonly string[] {
  return verified.map(({ version }) => version);
}
