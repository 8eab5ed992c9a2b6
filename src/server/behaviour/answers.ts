/** What the command line asks about install scripts. */
import { predecessorIn } from '../../admission/behaviour.ts';
import type { BehaviourAbout, BehaviourRecord } from '../../admission/behaviour-deps.ts';
import type { ReleaseRecord } from '../../admission/deps.ts';
import type { BehaviourReport } from '../../core/behaviour.ts';
import { AssayError } from '../../core/errors.ts';
import { own } from '../../core/json.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import type { WatchJob } from '../../storage/behaviour-jobs.ts';
import type {
  BehaviourEvents,
  BehaviourShown,
  ReportShown,
  WatchFollowed,
  WatchShown,
} from '../control/behaviour-protocol.ts';
import type { Gate } from '../gate.ts';
import { purlOf } from '../rebuilding/answers.ts';
import { nothingToRun } from './known.ts';
import { areAlike, readBehaviour, type StoredBehaviour } from './stored.ts';

type Asked = Pick<Gate, 'behaviour' | 'storage' | 'routes'>;

/** Throws PURL_INVALID, BEHAVIOUR_UNKNOWN, STORAGE_*. */
export async function showBehaviour(gate: Asked, query: string): Promise<BehaviourShown> {
  const purl = versionIn(query);
  const job = await gate.storage.behaviourJobs.ofVersion(purl);
  const shown = job === undefined ? {} : { job: watchShown(job) };
  const records = await recordsOf(gate, purl);
  const newest = await newestOf(gate, records);
  if (newest !== undefined)
    return { purl, report: reportShown(newest, await comparedWith(gate, purl, newest)), ...shown };
  const why = await whyNot(gate, purl, records, job);
  return { purl, ...shown, why };
}

/** Throws PURL_INVALID, REBUILD_UNSUPPORTED, STORAGE_*. */
export async function requestWatching(gate: Asked, query: string): Promise<WatchShown> {
  const purl = versionIn(query);
  if (parsePurl(purl).ecosystem !== 'npm')
    throw new AssayError('REBUILD_UNSUPPORTED', `${purl} is not of a kind whose install scripts are watched`);
  const release = await releaseOf(gate, purl);
  const before = predecessorOf(release);
  if (before !== undefined && (await recordsAbout(gate, before)).length === 0)
    await gate.behaviour.queue.add({ purl: before.purl, artifact: before.artifact, reason: 'asked' });
  return watchShown(
    await gate.behaviour.queue.add({ purl, artifact: release?.artifact?.sha256, reason: 'asked' }),
  );
}

/** Throws PURL_INVALID, BEHAVIOUR_UNKNOWN, STORAGE_*. */
export async function followWatching(gate: Asked, query: string, after: number): Promise<WatchFollowed> {
  const purl = versionIn(query);
  const lines = gate.behaviour.queue.linesOf(purl, after).map((line) => ({ ...line }));
  const job = await gate.storage.behaviourJobs.ofVersion(purl);
  if (job === undefined) throw unknown(purl);
  return { job: watchShown(job), lines };
}

const eventBytes = 8 * 1024 * 1024;

/** Throws PURL_INVALID, BEHAVIOUR_UNKNOWN, BLOB_*, STORAGE_*. */
export async function eventsOf(gate: Asked, query: string): Promise<BehaviourEvents> {
  const purl = versionIn(query);
  const newest = await newestOf(gate, await recordsOf(gate, purl));
  if (newest === undefined) throw unknown(purl);
  const bytes = await gate.storage.blobs.read(newest.stored.events, eventBytes);
  return { purl, text: Buffer.from(bytes).toString('utf8') };
}

function unknown(purl: Purl): AssayError {
  return new AssayError('BEHAVIOUR_UNKNOWN', `nobody watched the install scripts of ${purl} yet`, {
    hint: `\`assay behaviour ${purl} --watch\` runs them now.`,
  });
}

/** A version, not a package alone. Throws PURL_INVALID. */
function versionIn(query: string): Purl {
  const purl = purlOf(query);
  if (parsePurl(purl).version === undefined)
    throw new AssayError('PURL_INVALID', `${purl} names no version`, { hint: `name one: ${purl}@1.0.0` });
  return purl;
}

async function releaseOf({ storage, routes }: Asked, purl: Purl) {
  const { name, version } = parsePurl(purl);
  const upstream = routes(name)?.upstream;
  if (upstream === undefined) return undefined;
  const releases = await storage.admission.releasesOf(upstream, name);
  const found = releases.find((one) => one.version === version && one.digests !== undefined);
  return found === undefined ? undefined : storage.admission.release(found.id);
}

/** Of the bytes that are on record as this version; else of those that were fetched as it to be watched. */
async function recordsOf(gate: Asked, purl: Purl): Promise<readonly BehaviourRecord[]> {
  const release = await releaseOf(gate, purl);
  return release?.artifact === undefined
    ? gate.storage.behaviours.ofVersion(purl)
    : gate.storage.behaviours.ofArtifact(release.artifact.sha256);
}

function predecessorOf(release: ReleaseRecord | undefined): BehaviourAbout['predecessor'] {
  const evidence = release?.evidence.find(({ kind }) => kind === 'behaviour');
  return release === undefined || evidence === undefined
    ? undefined
    : predecessorIn(release.subject, evidence);
}

function recordsAbout(
  { storage }: Asked,
  { purl, artifact }: NonNullable<BehaviourAbout['predecessor']>,
): Promise<readonly BehaviourRecord[]> {
  return artifact === undefined
    ? storage.behaviours.ofVersion(purl)
    : storage.behaviours.ofArtifact(artifact);
}

interface Newest {
  readonly record: BehaviourRecord;
  readonly stored: StoredBehaviour;
}

async function newestOf(
  { storage }: Asked,
  records: readonly BehaviourRecord[],
): Promise<Newest | undefined> {
  for (const record of records) {
    if (record.report === undefined) continue;
    const stored = await readBehaviour(storage.blobs, record.report);
    if (stored !== undefined) return { record, stored };
  }
  return undefined;
}

/** As its evidence compares it. */
async function comparedWith(
  gate: Asked,
  purl: Purl,
  { stored }: Newest,
): Promise<{ readonly version: string; readonly report: BehaviourReport } | undefined> {
  const predecessor = predecessorOf(await releaseOf(gate, purl));
  if (predecessor === undefined) return undefined;
  const { version } = predecessor;
  const same = (await recordsAbout(gate, predecessor)).filter(
    ({ observer }) => observer === stored.report.observer,
  );
  const before = await newestOf(gate, same);
  return before === undefined || !areAlike(stored, before.stored)
    ? undefined
    : { version, report: before.stored.report };
}

function reportShown(
  { record, stored }: Newest,
  before: { readonly version: string; readonly report: BehaviourReport } | undefined,
): ReportShown {
  const { report, missing, output } = stored;
  const only = (one: readonly string[], other: readonly string[]): string[] =>
    one.filter((action) => !other.includes(action));
  return {
    artifact: record.artifact,
    at: record.at,
    observer: report.observer,
    isolation: report.isolation,
    scripts: [...report.scripts],
    ended: report.ended,
    events: report.events,
    whole: report.whole,
    actions: [...report.actions],
    findings: report.findings.map(({ rule, severity, message, process, at }) => ({
      rule,
      severity,
      message,
      ...(process === undefined ? {} : { process }),
      ...(at === undefined ? {} : { at }),
    })),
    missing: [...missing],
    output,
    ...(before === undefined
      ? {}
      : {
          compared: {
            version: before.version,
            gained: only(report.actions, before.report.actions),
            lost: only(before.report.actions, report.actions),
          },
        }),
  };
}

async function whyNot(
  gate: Asked,
  purl: Purl,
  records: readonly BehaviourRecord[],
  job: WatchJob | undefined,
): Promise<string> {
  const [last] = records;
  if (last?.failure?.code === nothingToRun) return `Nothing was watched: ${last.failure.message}.`;
  if (last?.failure !== undefined)
    return `Watching failed ${last.failures} times: ${last.failure.message} (${last.failure.code}).`;
  if (job?.message !== undefined) return `It could not be watched: ${job.message} (${job.code ?? ''}).`;
  const release = await releaseOf(gate, purl);
  const evidence = release?.evidence.find(({ kind }) => kind === 'behaviour');
  if (evidence !== undefined && own(evidence.facts, 'watchable') !== true) return evidence.summary;
  const idle = gate.behaviour.known.idle();
  return idle === undefined ? 'Nobody watched its install scripts yet.' : `Nobody watched them: ${idle}.`;
}

function watchShown(job: WatchJob): WatchShown {
  const { purl, state, reason, attempt, notBefore, code, message, createdAt, startedAt, endedAt } = job;
  return {
    purl,
    state,
    reason,
    attempt,
    notBefore,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    createdAt,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}
