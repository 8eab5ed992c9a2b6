/** From a version in an index to all evidence about its release: fetch once, read twice, collect. */
import { isDeepStrictEqual } from 'node:util';
import {
  unscanned,
  type Collector,
  type CollectorInput,
  type Observation,
  type Origin,
  type ReadingOutcome,
} from '../core/collector.ts';
import type { Epochs } from '../core/decision.ts';
import type { ArtifactDigests } from '../core/digest.ts';
import { messageOf } from '../core/errors.ts';
import type { Evidence } from '../core/evidence.ts';
import { own, type JsonObject } from '../core/json.ts';
import type { Subject } from '../core/subject.ts';
import { rfc3339 } from '../core/time.ts';
import { behaviourOf, watched } from './behaviour.ts';
import type { FileAnswer } from './deps.ts';
import type { KnownIndex } from './indexes.ts';
import { nameOf } from './names.ts';
import { withBytes } from './predecessor.ts';
import { askForge, isPassing, publicationInput, type AssessmentRequest } from './publication-input.ts';
import { readArchive } from './read-archive.ts';
import type { Rooms } from './rooms.ts';
import { scanInput } from './scan-artifact.ts';

export interface Assessment {
  readonly artifact: ArtifactDigests;
  readonly indexManifest: JsonObject;
  readonly evidence: readonly Evidence[];
  /** As they stood when trust was taken and before the feeds were asked. */
  readonly epochs: Epochs;
}

/** What an earlier assessment of the same release left behind. */
export interface Held {
  readonly artifact: ArtifactDigests;
  /** Undefined for the admitted: they stay as they are, whatever the index says. */
  readonly indexManifest: JsonObject | undefined;
  readonly evidence: readonly Evidence[];
}

/**
 * Throws UPSTREAM_* and STORAGE_*; a reader that dies, or a collector that throws, is `error` evidence.
 * With `held`, only what is missing, failed, or made by another version of its collector is collected anew,
 * from the bytes we hold.
 */
export async function assess(rooms: Rooms, request: AssessmentRequest, held?: Held): Promise<Assessment> {
  const { subject, index, version } = request;
  // The past of a package may have to be asked for: while the bytes come and are read.
  const [{ fetched, archive }, publication, manifest] = await Promise.all([
    bytesOf(rooms, request, held),
    publicationInput(rooms, request),
    manifestOf(rooms, index, version.version),
  ]);
  // Keys may have been learned on the way: what rests on them is decided under the counters from after that.
  const epochs = rooms.epochs(index.view);
  // Evidence is about bytes: what was fetched again may be others, where the index claims too little to tell.
  const same = held !== undefined && held.artifact.sha256 === fetched.artifact.sha256;
  const historic = new Set(
    rooms.collectors
      .filter((one) => one.usesHistory === true || one.watched !== undefined)
      .map(({ kind }) => kind),
  );
  const offered = { manifest, attestations: publication.attestations };
  const keep = same
    ? usable(rooms, held.evidence, offersOther(held, offered)).filter(({ kind }) => !historic.has(kind))
    : [];
  const todo = rooms.collectors.filter(
    (collector) => !keep.some((evidence) => evidence.kind === collector.kind),
  );
  const predecessor = await withBytes(rooms, index, request.predecessor, archive);
  const scan = todo.some(({ usesScan }) => usesScan === true)
    ? await scanInput(rooms, fetched.artifact, archive, predecessor)
    : unscanned;
  const input: CollectorInput = {
    subject: { ...subject, artifact: fetched.artifact.sha256 },
    index: index.view,
    version,
    indexManifest: manifest,
    artifact: fetched.artifact,
    archive,
    origin: fetched.origin,
    observation: observationOf(index, version.version),
    predecessor,
    ...publication,
    ...rooms.knowledge(index.view),
    scan: scan.scan,
    previousScan: scan.previousScan,
    behaviour: await behaviourOf(rooms, subject, fetched.artifact, archive, predecessor),
    earlier: [],
    now: rfc3339(rooms.clock()),
  };
  const evidence = await collectAll(rooms, todo, input, keep);
  return { artifact: fetched.artifact, indexManifest: manifest, evidence, epochs };
}

async function bytesOf(
  rooms: Rooms,
  { subject, version }: AssessmentRequest,
  held: Held | undefined,
): Promise<{ readonly fetched: FileAnswer; readonly archive: ReadingOutcome }> {
  const fetched =
    held !== undefined && (await rooms.blobs.size(held.artifact.sha256)) !== undefined
      ? { artifact: held.artifact, origin: unknownOrigin(rooms, subject) }
      : await rooms.upstream.fetchFile(subject.upstream, version.url, version.claimed);
  return { fetched, archive: await readArchive(rooms, fetched.artifact) };
}

async function manifestOf(rooms: Rooms, { view, body }: KnownIndex, version: string): Promise<JsonObject> {
  return rooms.indexReader.manifest(view.upstream, view.name, body, version);
}

/**
 * Whether upstream offers other signatures or attestations than those that evidence was made from. Attestations that
 * are offered no more, and others beside those that were verified, change nothing here: that is for memory to tell.
 */
function offersOther(
  held: Held,
  now: { readonly manifest: JsonObject; readonly attestations: CollectorInput['attestations'] },
): (evidence: Evidence) => boolean {
  const before = held.indexManifest;
  const otherIndex =
    before !== undefined && !isDeepStrictEqual(own(before, 'dist'), own(now.manifest, 'dist'));
  const { attestations } = now;
  const answered = attestations.state === 'answered' ? attestations.digest : undefined;
  return ({ facts, result }) => {
    const document = own(facts, 'document');
    if (document === undefined) return otherIndex;
    return result !== 'pass' && (otherIndex || (answered !== undefined && answered !== document));
  };
}

/** Stored evidence that a new decision may rest on. `isOutdated` is asked of what was verified, or was not. */
function usable(
  rooms: Rooms,
  evidence: readonly Evidence[],
  isOutdated: (evidence: Evidence) => boolean = () => false,
): readonly Evidence[] {
  const collectors = new Map(rooms.collectors.map((collector) => [collector.kind, collector]));
  const trust = rooms.trust().digest;
  const fresh = (one: Evidence): boolean => {
    const collector = collectors.get(one.kind);
    if (one.result === 'error' || one.tool.version !== collector?.version || isPassing(one)) return false;
    // What the feeds say is asked for every decision, and costs nothing.
    if (collector.refresh !== undefined) return false;
    if (collector.usesTrust !== true) return true;
    // What was verified stays verified, and other keys verify nothing where nothing is offered; what was not verified may
    // be, by other keys or as upstream offers it now.
    const isSettled = one.result === 'pass' || one.result === 'not-available' || one.material === trust;
    return isSettled && !isOutdated(one);
  };
  const kept = evidence.filter(fresh);
  const kinds = new Set(kept.map((one) => one.kind));
  // What rested on evidence that is collected anew is collected anew as well.
  return kept.filter((one) =>
    (collectors.get(one.kind)?.after ?? []).every((kind) => kinds.has(kind) || !collectors.has(kind)),
  );
}

/** Whether a decision may rest on it as it is. What is admitted stays so, whatever is learned of its package later. */
export function isComplete(rooms: Rooms, evidence: readonly Evidence[], isAdmitted: boolean): boolean {
  if (!isAdmitted && rooms.collectors.some(({ usesHistory }) => usesHistory === true)) return false;
  const lasting = rooms.collectors.filter(({ refresh }) => refresh === undefined);
  return usable(rooms, evidence).length === lasting.length;
}

/** The evidence with what the feeds say, and what was seen of install scripts, now in place of then. Throws STORAGE_*. */
export async function refreshed(
  rooms: Rooms,
  subject: Subject,
  evidence: readonly Evidence[],
): Promise<readonly Evidence[]> {
  const name = nameOf(subject);
  const input = {
    ...rooms.knowledge({ ecosystem: subject.ecosystem, name }),
    subject,
    now: rfc3339(rooms.clock()),
  };
  const known = new Set(evidence.filter(({ result }) => result !== 'error').map(({ kind }) => kind));
  // What cannot be asked now does not take back what was said: a feed that is lost must not let go what it refused.
  const anew = rooms.collectors
    .flatMap(({ refresh }) => (refresh === undefined ? [] : [refresh(input)]))
    .filter(({ kind, result }) => result !== 'error' || !known.has(kind));
  const kinds = new Set(anew.map(({ kind }) => kind));
  const standing = evidence.filter(({ kind }) => !kinds.has(kind));
  return [...(await Promise.all(standing.map((one) => watched(rooms, subject, one)))), ...anew];
}

/** The bytes were fetched before this collector existed: where from is no longer known, and says so. */
function unknownOrigin(rooms: Rooms, subject: Subject): Origin {
  const { upstream } = subject;
  return {
    upstream,
    identityHost: rooms.identityHostOf(upstream),
    urls: [],
    fetchedAt: rfc3339(rooms.clock()),
  };
}

/** Each collector once those it comes after are done; a circle among them is a mistake of ours, and throws. */
async function collectAll(
  rooms: Rooms,
  todo: readonly Collector[],
  input: CollectorInput,
  keep: readonly Evidence[],
): Promise<readonly Evidence[]> {
  const done = [...keep];
  let waiting = [...todo];
  while (waiting.length > 0) {
    const blocking = new Set(waiting.map((collector) => collector.kind));
    const ready = waiting.filter(({ after = [] }) => !after.some((kind) => blocking.has(kind)));
    if (ready.length === 0) throw new TypeError('collectors wait for each other');
    const forge = await askForge(rooms, input, done, ready);
    const collected = await Promise.all(
      ready.map((collector) =>
        collectOne(collector, { ...input, ...forge, earlier: earlierFor(collector, done) }),
      ),
    );
    done.push(...collected);
    waiting = waiting.filter((collector) => !ready.includes(collector));
  }
  return done;
}

function earlierFor({ after = [] }: Collector, done: readonly Evidence[]): readonly Evidence[] {
  return done.filter((one) => after.includes(one.kind));
}

async function collectOne(collector: Rooms['collectors'][number], input: CollectorInput): Promise<Evidence> {
  try {
    return await collector.collect(input);
  } catch (error) {
    return {
      kind: collector.kind,
      scope: collector.scope,
      result: 'error',
      summary: `The check itself failed: ${messageOf(error).slice(0, 300).toWellFormed()}`,
      facts: {},
      items: [],
      tool: { name: `assay/${collector.kind}`, version: collector.version },
      collectedAt: input.now,
    };
  }
}

export function observationOf(index: KnownIndex, version: string): Observation {
  const seen = index.appearances.get(version);
  return {
    firstLookAt: index.record.firstLookAt,
    absentAt: seen?.absentAt,
    presentAt: seen?.presentAt ?? index.record.lastLookAt,
  };
}
