/** What the command line asks about builds. */
import { commitsLines } from '../../core/commits.ts';
import { AssayError } from '../../core/errors.ts';
import type { Sha256 } from '../../core/digest.ts';
import { isJsonObject, ownObject, ownString } from '../../core/json.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { RebuildRecord, Source } from '../../core/rebuild.ts';
import { localOperator } from '../../core/subject.ts';
import { reportAsDiffoscope } from '../../rebuild/compare/report/diffoscope.ts';
import { reportAsHtml } from '../../rebuild/compare/report/html.ts';
import { reportAsText } from '../../rebuild/compare/report/text.ts';
import { sentenceOf } from '../../rebuild/compare/report/words.ts';
import { readCorrection } from '../../rebuild/recipe/document.ts';
import type { BuildJob } from '../../storage/build-jobs.ts';
import type { StoredBuild } from '../../storage/builds.ts';
import type {
  JobList,
  JobShown,
  OutcomeShown,
  RebuildProof,
  RebuildReport,
  RebuildRequest,
  RebuildWatched,
  ReportForm,
} from '../control/rebuild-protocol.ts';
import type { Gate } from '../gate.ts';
import { recordedBuilderKeys } from '../ledger/builder-key.ts';
import { envelopeText } from '../ledger/statements.ts';
import { notBuiltReport } from './not-built-report.ts';
import { standsOnShown } from './stands-on.ts';
import { recordFrom } from './summary.ts';

type Asked = Pick<Gate, 'rebuilding' | 'storage'>;

const recordBytes = 64 * 1024 * 1024;
const logBytes = 8 * 1024 * 1024;

/** Throws PURL_INVALID, RECIPE_INVALID, REBUILD_UNSUPPORTED, STORAGE_*. */
export async function requestRebuild(gate: Asked, { purl, recipe }: RebuildRequest): Promise<JobShown> {
  const parsed = purlOf(purl);
  if (!gate.rebuilding.ecosystems.includes(parsePurl(parsed).ecosystem))
    throw new AssayError('REBUILD_UNSUPPORTED', `${parsed} is not of a kind that is built here`);
  if (recipe !== undefined) readCorrection(recipe);
  const job = await gate.rebuilding.queue.add({
    purl: parsed,
    reason: 'asked',
    principal: localOperator,
    recipe,
  });
  return jobShown(job);
}

export async function listRebuilds(gate: Asked, limit: number): Promise<JobList> {
  const jobs: JobShown[] = [];
  for (const job of await gate.storage.buildJobs.list(limit)) {
    const build = job.buildId === undefined ? undefined : await gate.storage.builds.byId(job.buildId);
    jobs.push({ ...jobShown(job), ...(build === undefined ? {} : { verdict: build.verdict }) });
  }
  return { jobs };
}

/** Throws REBUILD_NOT_FOUND. */
export async function watchRebuild(gate: Asked, id: string, after: number): Promise<RebuildWatched> {
  const lines = gate.rebuilding.queue.linesOf(id, after).map((line) => ({ ...line }));
  const job = await gate.storage.buildJobs.byId(id);
  if (job === undefined) throw new AssayError('REBUILD_NOT_FOUND', `there is no job ${id}`);
  const build = job.buildId === undefined ? undefined : await gate.storage.builds.byId(job.buildId);
  const hasEnded = job.state !== 'waiting' && job.state !== 'running';
  return {
    job: jobShown(job),
    lines,
    ...(hasEnded && build !== undefined ? { outcome: outcomeShown(gate, build) } : {}),
  };
}

/** Throws REBUILD_NOT_FOUND, BLOB_*, STORAGE_*. */
export async function reportRebuild(gate: Asked, query: string, form: ReportForm): Promise<RebuildReport> {
  const build = await newestBuild(gate, query);
  const record = await recordOf(gate, build);
  const standsOn = standsOnShown(gate, record);
  return {
    outcome: outcomeShown(gate, build),
    text: await reportText(gate, record, form),
    ...(standsOn === undefined ? {} : { standsOn }),
  };
}

async function reportText({ storage }: Asked, record: RebuildRecord, form: ReportForm): Promise<string> {
  const { outcome, purl } = record;
  if (form === 'recipe' || form === 'log') {
    const digest = form === 'log' ? record.log : record.recipeText;
    if (digest === undefined)
      throw new AssayError('REBUILD_NOT_FOUND', `${purl} was built without a ${form}`);
    return Buffer.from(await storage.blobs.read(digest, logBytes)).toString('utf8');
  }
  if (outcome.state === 'not-built') return notBuiltReport(record, form);
  const { commits } = record.source ?? {};
  const input = {
    name: purl,
    comparison: outcome.comparison,
    rerun: `assay rebuild ${purl} --watch`,
    ...(commits === undefined ? {} : { commits: commitsLines(commits) }),
  };
  switch (form) {
    case 'text':
      return reportAsText(input);
    case 'html':
      return reportAsHtml(input);
    case 'json':
      return JSON.stringify(reportAsDiffoscope(input), null, 2);
    default:
      return form satisfies never;
  }
}

/** Throws REBUILD_NOT_FOUND, BLOB_MISSING. */
export async function proveRebuild(gate: Asked, query: string): Promise<RebuildProof> {
  const build = await newestBuild(gate, query);
  const comparison = await envelopeText(gate.storage.blobs, build.comparison);
  if (comparison === undefined)
    throw new AssayError('BLOB_MISSING', `the attestation of ${build.purl} is no longer stored`);
  const provenance = await envelopeText(gate.storage.blobs, build.provenance);
  return {
    outcome: outcomeShown(gate, build),
    comparison,
    ...(provenance === undefined ? {} : { provenance }),
    eventId: build.eventId,
    ...(await builderEntryOf(gate, build)),
  };
}

/** The entry that brought the key which signed. */
async function builderEntryOf(
  { storage }: Asked,
  { eventId }: StoredBuild,
): Promise<Pick<RebuildProof, 'builderEventId'>> {
  const event = await storage.events.byId(eventId);
  const builder = ownString(ownObject(event?.statement ?? {}, 'predicate') ?? {}, 'builder');
  const known = (await recordedBuilderKeys(storage)).find(({ vkey }) => vkey === builder);
  return known === undefined ? {} : { builderEventId: known.recordedAs };
}

const looksBack = 20;

/** By the id of a build, or the newest of a version, or of a package. Throws PURL_INVALID, REBUILD_NOT_FOUND. */
export async function newestBuild({ storage }: Asked, query: string): Promise<StoredBuild> {
  const byId = /^[0-9A-Za-z-]{1,64}$/.test(query) ? await storage.builds.byId(query) : undefined;
  if (byId !== undefined) return byId;
  const purl = purlOf(query);
  const { ecosystem, name, version } = parsePurl(purl);
  const builds =
    version === undefined
      ? await storage.builds.ofPackage(ecosystem, name, 1)
      : await storage.builds.ofVersion(purl, looksBack);
  // A failure says nothing: what was compared counts, as for policy.
  const found = builds.find(({ verdict }) => verdict !== 'not-built') ?? builds[0];
  if (found === undefined) throw new AssayError('REBUILD_NOT_FOUND', `${purl} was not built here yet`);
  return found;
}

export async function recordOf({ storage }: Asked, build: StoredBuild): Promise<RebuildRecord> {
  const bytes = await storage.blobs.read(build.record, recordBytes);
  const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (!isJsonObject(json)) throw new AssayError('STORAGE_CORRUPT', 'the record of a build is no object');
  return recordFrom(json);
}

/** `inherits@2.0.4` means npm's. Throws PURL_INVALID. */
export function purlOf(text: string): Purl {
  const trimmed = text.isWellFormed() ? text.trim() : '';
  if (trimmed.startsWith('pkg:')) {
    const { ecosystem, name, version } = parsePurl(trimmed);
    return formatPurl(ecosystem, name, version);
  }
  const at = trimmed.lastIndexOf('@');
  const [name, version] = at > 0 ? [trimmed.slice(0, at), trimmed.slice(at + 1)] : [trimmed, undefined];
  return formatPurl('npm', name, version);
}

function outcomeShown({ rebuilding }: Asked, build: StoredBuild): OutcomeShown {
  const record = recordFrom(build.summary);
  const { outcome, isolation, source } = record;
  return {
    build: build.id,
    purl: build.purl,
    artifact: build.artifact,
    verdict: build.verdict,
    ...(outcome.state === 'not-built' ? { cause: outcome.cause } : {}),
    sentence: outcome.state === 'not-built' ? outcome.message : sentenceOf(outcome.comparison),
    isolation: isolation.level,
    missing: [...isolation.missing],
    ...(source === undefined ? {} : { source: `${sourceWords(source.source)} (${source.grade})` }),
    class: rebuilding.classOf(build.purl, build.artifact),
    at: build.at,
    eventId: build.eventId,
  };
}

export function sourceWords(source: Source): string {
  switch (source.kind) {
    case 'git':
      return `${source.url} at ${source.commit}${source.ref === undefined ? '' : `, ${source.ref}`}`;
    case 'archive':
      return `${source.url}, sha256 ${shortOf(source.sha256)}`;
    case 'debian-source':
      return `${source.name} ${source.version} of ${source.archive} ${source.suite}`;
    default:
      return source satisfies never;
  }
}

function shortOf(digest: Sha256): string {
  return digest.slice(0, 16);
}

function jobShown(job: BuildJob): JobShown {
  const { id, purl, reason, state, phase, attempt, cause, message, buildId } = job;
  const { createdAt, startedAt, endedAt, notBefore } = job;
  return {
    id,
    purl,
    reason,
    state,
    phase,
    attempt,
    ...(cause === undefined ? {} : { cause }),
    ...(message === undefined ? {} : { message }),
    ...(buildId === undefined ? {} : { buildId }),
    createdAt,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    notBefore,
  };
}
