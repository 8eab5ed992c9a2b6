/**
 * A package that goes into a build from source: assayed with the same readers and collectors as what people install, and judged
 * by a policy of its own (`policy/build-inputs.ts`). Nothing is recorded of it as a release: nobody installs it. What was
 * decided is kept as a blob that the build names. Start at `createInputAssay`.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import type { Advertised, PackageHistory } from '../core/collector.ts';
import type { Outcome, Reason } from '../core/decision.ts';
import { sha256, type ArtifactDigests, type Sha256 } from '../core/digest.ts';
import { isAssayError } from '../core/errors.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Facts } from '../core/facts.ts';
import type { IndexVersion } from '../core/index-view.ts';
import type { JsonObject } from '../core/json.ts';
import { formatPurl } from '../core/purl.ts';
import { releaseIdOf, type Subject, type UpstreamId } from '../core/subject.ts';
import { rfc3339 } from '../core/time.ts';
import { assess, type Held } from './assess.ts';
import { raiseAttackAlarms } from './attack-alarms.ts';
import { claimedIntegrity } from './claims.ts';
import type { KnownIndex } from './indexes.ts';
import { createLru } from './lru.ts';
import { nameOf } from './names.ts';
import { refusedFetch } from './refused-fetch.ts';
import { keepText } from './replay-inputs.ts';
import type { Rooms } from './rooms.ts';
import { createSingleFlight } from './single-flight.ts';

export interface InputRequest {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly version: string;
}

/** `refused`: policy does not let it in. `unchecked`: it could not be looked at now; asking again may help. */
export type AssayedInput =
  | {
      readonly state: 'given';
      readonly url: string;
      readonly artifact: ArtifactDigests;
      /** Of the canonical JSON of what was decided, which is kept as a blob. */
      readonly decision: Sha256;
      /** What upstream's own word for it was verified to be. */
      readonly vouched: 'attested' | 'signed' | undefined;
      /** It looks like malware to the scanner, and policy lets it in all the same. */
      readonly suspected: boolean;
    }
  | { readonly state: 'refused' | 'unchecked'; readonly why: string };

/** Throws UPSTREAM_*, INDEX_INVALID, STORAGE_*. */
export type AssayInput = (request: InputRequest) => Promise<AssayedInput>;

export interface InputAssayDeps {
  readonly rooms: Rooms;
  /** Kinds of evidence that are asked for. */
  readonly kinds: ReadonlySet<string>;
  readonly policy: Sha256;
  readonly judge: (
    facts: Facts,
    now: string,
  ) => { readonly outcome: Outcome; readonly reasons: readonly Reason[]; readonly suspected: boolean };
  readonly advertised: (upstream: UpstreamId, name: string, version: string) => Promise<Advertised>;
}

/** A build has some hundreds, and each of its recipes asks for the same ones. */
const remembered = 5_000;

export function createInputAssay(deps: InputAssayDeps): AssayInput {
  const rooms = narrowed(deps);
  const once = createSingleFlight();
  const known = createLru<AssayedInput>(remembered, () => 1);
  return async (request) => {
    const { upstream, name, version } = request;
    const index = await rooms.indexes.look(upstream, name);
    if (index.state === 'absent' || index.gone)
      return { state: 'refused', why: `upstream has no ${name} any more` };
    const listed = index.view.versions.find((one) => one.version === version);
    if (listed === undefined)
      return { state: 'refused', why: 'its index entry is not one that can be right' };
    const key = JSON.stringify([
      upstream,
      name,
      version,
      index.body,
      rooms.epochs(index.view),
      trustOf(rooms),
    ]);
    const before = known.get(key);
    if (before?.state === 'given' && (await rooms.blobs.size(before.artifact.sha256)) !== undefined)
      return before;
    return once(key, async () => {
      const made = await assayed(deps, rooms, index, listed);
      if (made.state === 'given') known.set(key, made);
      return made;
    });
  };
}

function trustOf(rooms: Rooms): string {
  return rooms.trust().digest;
}

/** What takes the past of a package, a forge or a sandbox is not asked: a build has hundreds of inputs. */
function narrowed({ rooms, kinds, advertised }: InputAssayDeps): Rooms {
  const collectors = rooms.collectors.filter(({ kind }) => kinds.has(kind));
  const none: Omit<PackageHistory, 'advertised' | 'newDependencies'> = {
    verified: [],
    expectations: [],
    ofSamePublisher: [],
    predecessorManifest: undefined,
  };
  return {
    ...rooms,
    collectors,
    behaviour: () => Promise.resolve({ state: 'not-observed', why: 'it is an input of a build' }),
    history: {
      ...rooms.history,
      of: async ({ index: { upstream, name }, version: { version } }) => ({
        ...none,
        advertised: await advertised(upstream, name, version),
      }),
    },
  };
}

async function assayed(
  deps: InputAssayDeps,
  rooms: Rooms,
  index: KnownIndex,
  version: IndexVersion,
): Promise<AssayedInput> {
  const subject = subjectOf(index, version);
  const request = { subject, index, version, predecessor: undefined };
  try {
    const { artifact, evidence } = await assess(rooms, request, await heldOf(rooms, subject));
    return await judged(deps, { ...subject, artifact: artifact.sha256 }, version, evidence, artifact);
  } catch (error) {
    const refused = await refusedFetch(rooms, subject, error);
    if (refused !== undefined) return { state: 'refused', why: refused.summary };
    if (isAssayError(error, 'INDEX_VERSION_ABSENT')) return { state: 'refused', why: error.message };
    throw error;
  }
}

async function judged(
  { rooms, kinds, judge, policy }: InputAssayDeps,
  subject: Subject,
  { version, url }: IndexVersion,
  evidence: readonly Evidence[],
  artifact: ArtifactDigests,
): Promise<AssayedInput> {
  const asked = evidence.filter(({ kind }) => kinds.has(kind));
  const facts = rooms.facts.atFile(subject, nameOf(subject), version, asked);
  const { outcome, reasons, suspected } = judge(facts, rfc3339(rooms.clock()));
  await raiseAttackAlarms(rooms, subject, reasons);
  if (outcome !== 'allow')
    return {
      state: outcome === 'block' ? 'refused' : 'unchecked',
      why: reasons.map(({ why, rule }) => `${why} [${rule}]`).join(' '),
    };
  const text = canonicalJson(decisionJson(subject, policy, asked));
  const decision = sha256(text);
  await keepText(rooms.blobs, text, decision);
  const verified = (kind: string): boolean => asked.some((one) => one.kind === kind && one.result === 'pass');
  const vouched = verified('provenance') ? 'attested' : verified('signatures') ? 'signed' : undefined;
  return { state: 'given', url, artifact, decision, vouched, suspected };
}

/** Without a time: the same bytes, looked at in the same way, give the same decision in every build. */
function decisionJson(subject: Subject, policy: Sha256, evidence: readonly Evidence[]): JsonObject {
  const { purl, upstream, file, artifact = null, claimedIntegrity: claimed } = subject;
  return {
    schema: 1,
    about: { purl, upstream, file, artifact, claimed: claimed.slice(0, 1000).toWellFormed() },
    outcome: 'allow',
    policy,
    checks: Object.fromEntries(
      evidence.map(({ kind, result, tool, material }) => [
        kind,
        { result, version: tool.version, ...(material === undefined ? {} : { material }) },
      ]),
    ),
  };
}

/** What is on record of it as a release, for the very same claims: it is not fetched and read again. */
async function heldOf(rooms: Rooms, subject: Subject): Promise<Held | undefined> {
  const stored = await rooms.store.release(releaseIdOf(subject));
  if (stored?.artifact === undefined || stored.subject.claimedIntegrity !== subject.claimedIntegrity)
    return undefined;
  const { artifact, indexManifest, evidence } = stored;
  return { artifact, indexManifest, evidence };
}

function subjectOf({ view }: KnownIndex, { version, file, claimed }: IndexVersion): Subject {
  const { upstream, ecosystem, name } = view;
  const purl = formatPurl(ecosystem, name, version);
  return { upstream, channel: 'main', ecosystem, purl, file, claimedIntegrity: claimedIntegrity(claimed) };
}
