/** The story of a package's publications, told in a few lines, as the input that a collector gets about its last chapter. */
import type { CollectorInput, PackageHistory } from '../../src/core/collector.ts';
import type { Evidence, Result } from '../../src/core/evidence.ts';
import type { Expectation } from '../../src/core/expectation.ts';
import type { ForgeAnswers } from '../../src/core/forge.ts';
import type { SignerIdentity, VerifiedPublication } from '../../src/core/identity.ts';
import type { IndexVersion, Publication } from '../../src/core/index-view.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { gateItself, type UpstreamId } from '../../src/core/subject.ts';
import { ageCollector } from '../../src/evidence/age/collect.ts';
import { expectationsCollector } from '../../src/evidence/expectations/collect.ts';
import { identityFacts, noIdentityFacts, workflowPath } from '../../src/evidence/provenance/fields.ts';
import { scriptsCollector } from '../../src/evidence/scripts/collect.ts';
import { readingOf, sampleInput, samplePublication, sampleVersion, sampleView } from './collector-input.ts';

export const dayMs = 24 * 60 * 60 * 1000;

/** RFC 3339, so many milliseconds after (before) a moment. */
export function after(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString();
}

export interface Chapter extends Partial<Publication> {
  readonly version: string;
  readonly at: string | undefined;
}

/** A workflow of `owner/name` at `ref`; ids follow from the names unless given. */
export function workflowIdentity(change: Partial<SignerIdentity> = {}): SignerIdentity {
  const repository = change.sourceRepositoryUri ?? 'https://forge.example.com/acme/sample';
  const ref = change.sourceRepositoryRef ?? 'refs/heads/main';
  const uri = `${repository}/.github/workflows/release.yml@${ref}`;
  return {
    subject: { kind: 'uri', value: uri },
    issuer: 'https://token.forge.example.com',
    buildSignerUri: uri,
    buildSignerDigest: undefined,
    runnerEnvironment: 'github-hosted',
    sourceRepositoryUri: repository,
    sourceRepositoryDigest: 'c'.repeat(40),
    sourceRepositoryRef: ref,
    sourceRepositoryId: '1001',
    ownerUri: repository.slice(0, repository.lastIndexOf('/')),
    ownerId: '7',
    buildConfigUri: uri,
    buildConfigDigest: undefined,
    buildTrigger: 'push',
    runInvocationUri: `${repository}/actions/runs/1/attempts/1`,
    visibility: 'public',
    deploymentEnvironment: undefined,
    ...change,
  };
}

export function verifiedPublication(
  version: string,
  signedTime: string,
  identity: SignerIdentity = workflowIdentity(),
): VerifiedPublication {
  const predicateType = 'https://slsa.dev/provenance/v1';
  return { version, identity, signedTime, workflow: workflowPath(identity), predicateType };
}

export function sampleExpectation(change: Partial<Expectation> = {}): Expectation {
  const identity = workflowIdentity();
  return {
    upstream: 'npm' as UpstreamId,
    name: 'sample',
    line: '*',
    revision: 1,
    origin: 'learned',
    standing: 'firm',
    identity: {
      issuer: identity.issuer,
      repositoryUri: identity.sourceRepositoryUri,
      repositoryId: identity.sourceRepositoryId,
      ownerUri: identity.ownerUri,
      ownerId: identity.ownerId,
      workflows: ['.github/workflows/release.yml'],
      signers: ['https://forge.example.com/acme/sample/.github/workflows/release.yml'],
      refs: ['refs/heads/main'],
      triggers: ['push'],
      runners: ['github-hosted'],
      predicateTypes: ['https://slsa.dev/provenance/v1'],
    },
    rank: 'provenance',
    tagTemplate: undefined,
    installScripts: [],
    publishers: [],
    intervalMs: undefined,
    learnedFrom: ['1.0.0', '1.0.1', '1.0.2'],
    reason: undefined,
    principal: gateItself,
    at: '2026-01-01T00:00:00.000Z',
    ...change,
  };
}

const unknown = { state: 'not-checked', why: 'Nobody asked.' } as const;

/** A forge that knows everything about an ordinary release; bend what a test is about. */
export function forgeAnswers(change: Partial<ForgeAnswers> = {}): ForgeAnswers {
  return {
    repository: { state: 'known', exists: true, id: '1001', ownerId: '7', forkOf: undefined },
    commit: {
      state: 'known',
      exists: true,
      reachable: 'yes',
      committedAt: '2020-01-01T00:00:00.000Z',
      signature: 'verified',
    },
    run: {
      state: 'known',
      exists: true,
      conclusion: 'success',
      startedAt: undefined,
      finishedAt: undefined,
      headCommit: 'c'.repeat(40),
    },
    tags: { state: 'known', commits: { 'v1.2.3': 'c'.repeat(40) } },
    ...change,
  };
}

export const silentForge: ForgeAnswers = {
  repository: unknown,
  commit: unknown,
  run: unknown,
  tags: unknown,
};

export interface Story {
  readonly name?: string;
  /** All of the index; the version judged is the last one. Where a later one is known too, name it with `judged`. */
  readonly chapters: readonly Chapter[];
  readonly judged?: string;
  readonly now: string;
  /** First look at which it was there; the beginning of `now`'s day before when left out. */
  readonly seenAt?: string;
  /** Last look at which it was not. */
  readonly absentAt?: string;
  /** Verified provenance of the version judged. */
  readonly provenance?: SignerIdentity;
  readonly provenanceState?: 'absent' | 'invalid' | 'advertised-missing' | 'not-checked';
  /** As the index claims when left out. */
  readonly signedTime?: string;
  readonly publishTime?: string;
  readonly signatures?: Result;
  /** Its signature names a key that is none of those known of the registry. */
  readonly unknownKey?: boolean;
  /** Fields of package.json. */
  readonly manifest?: JsonObject;
  /** The version compared with; its fields. */
  readonly predecessor?: string;
  readonly manifestBefore?: JsonObject;
  readonly history?: Partial<PackageHistory> | undefined;
  readonly forge?: ForgeAnswers | undefined;
  readonly times?: CollectorInput['index']['timeOrderTrust'];
}

/** As a gate that saw the version at least a day before would hand it over. */
export function storyInput(story: Story): CollectorInput {
  const name = story.name ?? 'sample';
  const versions = story.chapters.map(versionOf);
  const judged = story.judged ?? versions.at(-1)?.version;
  const version = versions.find((one) => one.version === judged) ?? sampleVersion();
  const manifest = { name, version: version.version, ...story.manifest };
  const before = story.predecessor;
  const input = sampleInput({
    version,
    index: { ...sampleView(version), name, versions, timeOrderTrust: story.times ?? 'plausible' },
    indexManifest: manifest,
    archive: { state: 'read', reading: readingOf(JSON.stringify(manifest)) },
    observation: {
      firstLookAt: '2026-01-01T00:00:00.000Z',
      absentAt: story.absentAt,
      presentAt: story.seenAt ?? after(story.now, -dayMs),
    },
    predecessor:
      before === undefined ? undefined : { version: before, how: 'last-admitted', installScripts: {} },
    history: {
      verified: [],
      advertised: { attestedAt: undefined, signedAt: undefined },
      expectations: [],
      ofSamePublisher: [],
      predecessorManifest:
        before === undefined ? undefined : { name, version: before, ...story.manifestBefore },
      newDependencies: [],
      ...story.history,
    },
    forge: story.forge,
    now: story.now,
  });
  const bare = 'history' in story && story.history === undefined ? { ...input, history: undefined } : input;
  return { ...bare, earlier: earlierEvidence(story, bare) };
}

export function judge(story: Story): Evidence {
  return expectationsCollector.collect(storyInput(story)) as Evidence;
}

function versionOf({ version, at, ...publication }: Chapter): IndexVersion {
  return sampleVersion({
    version,
    file: `sample-${version}.tgz`,
    claimedTime: at,
    publication: samplePublication({ signatures: 1, gitHead: 'a'.repeat(40), ...publication }),
  });
}

function earlierEvidence(story: Story, input: CollectorInput): readonly Evidence[] {
  const age = ageCollector.collect(input) as Evidence;
  const scripts = scriptsCollector.collect(input) as Evidence;
  const signed = story.signatures ?? (input.version.publication.signatures > 0 ? 'pass' : 'not-available');
  const signatures: Evidence = {
    ...age,
    kind: 'signatures',
    result: signed,
    facts: { signed: signed === 'pass' || signed === 'warn' || signed === 'fail' },
    items: story.unknownKey === true ? [{ id: 'signatures/unknown-key', message: 'unknown key' }] : [],
  };
  return [age, scripts, signatures, provenanceEvidence(story, age, input.version.claimedTime)];
}

function provenanceEvidence(
  { provenance, ...story }: Story,
  base: Evidence,
  claimedTime: string | undefined,
): Evidence {
  const record = { ...base, kind: 'provenance', items: [] };
  if (provenance === undefined) {
    const state = story.provenanceState ?? 'absent';
    const result = (
      {
        absent: 'not-available',
        invalid: 'fail',
        'advertised-missing': 'warn',
        'not-checked': 'not-checked',
      } as const
    )[state];
    return { ...record, result, facts: { ...noIdentityFacts, state, signedTime: null, publishTime: null } };
  }
  const facts = {
    ...identityFacts(provenance),
    state: 'verified',
    signedTime: story.signedTime ?? claimedTime ?? null,
    publishTime: story.publishTime ?? null,
  };
  return { ...record, result: 'pass', facts };
}
