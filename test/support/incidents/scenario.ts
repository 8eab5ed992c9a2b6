/** Incidents as data: what was published, when and how, and what the gate must say of it. */
import { createHash } from 'node:crypto';
import { compare } from 'semver';
import type { FakeForge } from '../fake-forge.ts';
import type { PublishInput, Publisher } from '../fake-package.ts';
import type { FakeRegistry } from '../fake-registry.ts';
import type { FakeSigstore } from '../sigstore/fake-sigstore.ts';
import { workflowRun, type WorkflowRun } from '../sigstore/workflow-run.ts';

export interface Stage {
  readonly registry: FakeRegistry;
  readonly sigstore: FakeSigstore;
  readonly forge: FakeForge;
}

export interface Suspect {
  readonly name: string;
  readonly version: string;
  readonly outcome: 'hold' | 'block';
  /** Rules that must be among the deciding ones. */
  readonly rules: readonly string[];
  /** What a person must be able to read of it. */
  readonly words: readonly RegExp[];
}

export interface Scenario {
  readonly title: string;
  readonly publish: (stage: Stage) => void;
  /** Indexes that clients of the gate ask for first. */
  readonly indexes: readonly string[];
  readonly suspects: readonly Suspect[];
  /** Versions of the same packages that must be served. */
  readonly innocent: readonly (readonly [name: string, version: string])[];
}

/** One version of a package's history: how it was published, and how it differs. */
export interface Release extends Omit<PublishInput, 'name' | 'version' | 'publishedAt' | 'provenance'> {
  readonly version: string;
  /** RFC 3339. */
  readonly at: string;
  /** From a workflow, with provenance. */
  readonly run?: Partial<WorkflowRun> & Pick<WorkflowRun, 'repository'>;
  /** How the run ended; default success. */
  readonly conclusion?: 'success' | 'failure';
  /** Tag that points at the commit; default `v` and the version; null: none. */
  readonly tag?: string | null;
  /** Published from no checkout: the index shows no `gitHead`. */
  readonly withoutCheckout?: boolean;
}

/** Published by the workflow's own identity: npm shows this account for everybody. */
export const trustedPublisher: Publisher = {
  name: 'GitHub Actions',
  email: 'npm-oidc-no-reply@github.com',
  trustedPublisher: { id: 'github', oidcConfigId: 'oidc:5b4a9c3e-3a2b-4f0e-9d55-3d5b9c7f0a11' },
};

/** In this order; `latest` goes to what is the highest version so far. */
export function publishAll(stage: Stage, name: string, releases: readonly Release[]): void {
  let highest = '0.0.0';
  for (const release of releases) {
    const isHighest = compare(release.version, highest) > 0;
    if (isHighest) highest = release.version;
    publishOne(stage, name, { tags: isHighest ? ['latest'] : [], ...release });
  }
}

function publishOne(stage: Stage, name: string, release: Release): void {
  const { at, run, conclusion, tag, version, withoutCheckout = false, ...input } = release;
  const commit = commitOf(name, version);
  const publisher = { ...(withoutCheckout ? {} : { gitHead: commit }), ...input.publisher };
  if (run === undefined) {
    stage.registry.publish({ ...input, name, version, publishedAt: at, publisher });
    return;
  }
  const whole = workflowRun({ commit, runId: runIdOf(name, version), ...run });
  const tagName = tag === undefined ? `v${version}` : tag;
  stage.forge.record(whole, {
    at: new Date(at),
    ...(conclusion === undefined ? {} : { conclusion }),
    ...(tagName === null ? {} : { tag: tagName }),
  });
  stage.registry.publish({
    ...input,
    name,
    version,
    publishedAt: at,
    publisher,
    provenance: { sigstore: stage.sigstore, run: whole },
  });
}

export function commitOf(name: string, version: string): string {
  return createHash('sha1').update(`${name}@${version}`).digest('hex');
}

function runIdOf(name: string, version: string): string {
  const number = createHash('sha1').update(`run ${name}@${version}`).digest().readUInt32BE();
  return String(10_000_000_000 + number);
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** The real dates, moved so that the attack was five days ago: past every cooldown, inside every look back. */
export function timeline(attack: string): (realTime: string) => string {
  const now = Math.floor(Date.now() / minuteMs) * minuteMs;
  const shift = now - 5 * dayMs - Date.parse(attack);
  return (realTime) => new Date(Date.parse(realTime) + shift).toISOString();
}
