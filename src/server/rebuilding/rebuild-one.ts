/** One build from the question to its record: locate, rebuild, attest, and tell whoever must know. Start here. */
import { AssayError } from '../../core/errors.ts';
import type { NewAlarm } from '../../admission/deps.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import type { RebuildRecord } from '../../core/rebuild.ts';
import type { Principal } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import type { StoredBuild } from '../../storage/builds.ts';
import type { BuildWatch, Rebuilder } from './deps.ts';
import type { KnownBuilds } from './known.ts';
import { recordOutcome, type RecordDeps } from './record-outcome.ts';
import { isGoodVerdict, lastGoodVersion, pinCommand } from './regression.ts';

export interface RebuildOneDeps extends RecordDeps {
  readonly rebuilders: readonly Rebuilder[];
  readonly known: KnownBuilds;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly raiseAlarm: (alarm: NewAlarm) => Promise<void>;
  /** Decisions about the version no longer stand. */
  readonly onChange: (purl: Purl) => Promise<void>;
}

export interface RebuildOneRequest {
  readonly purl: Purl;
  readonly recipe: string | undefined;
  readonly principal: Principal;
  /** Again, because it differed where another version matched: nothing that an earlier build unpacked is used. */
  readonly clean?: boolean;
}

export interface OneRebuilt {
  readonly build: StoredBuild;
  readonly record: RebuildRecord;
  /** The version of the same package that matched, where this one does not. */
  readonly regressedFrom: string | undefined;
}

/** Throws REBUILD_UNSUPPORTED, what `locate` throws, LEDGER_SIGNER_*, STORAGE_*: nothing is on record then. */
export async function rebuildOne(
  deps: RebuildOneDeps,
  { purl, recipe, principal, clean = false }: RebuildOneRequest,
  watch: BuildWatch,
): Promise<OneRebuilt> {
  const rebuilder = rebuilderFor(deps.rebuilders, purl);
  watch.phase('locate');
  const target = await rebuilder.locate(purl, watch);
  const startedAt = rfc3339(deps.clock());
  const rebuilt = await target.rebuild(recipe, watch);
  const record: RebuildRecord = {
    schema: 1,
    purl: target.purl,
    artifact: target.artifact.sha256,
    ...rebuilt,
    startedAt,
    endedAt: rfc3339(deps.clock()),
  };
  const { ecosystem, name } = parsePurl(target.purl);
  const regressedFrom = lastGoodVersion(record, deps.known.ofPackage(ecosystem, name));
  const build = await recordOutcome(deps, deps.newId(), record, principal);
  deps.known.add(build);
  await raiseAlarms(deps, build, record);
  if (clean && isGoodVerdict(record)) await tellCleared(deps, build, record);
  else if (regressedFrom !== undefined) await tellRegression(deps, build, record, regressedFrom, clean);
  await deps.onChange(target.purl);
  return { build, record, regressedFrom };
}

function rebuilderFor(rebuilders: readonly Rebuilder[], purl: Purl): Rebuilder {
  const { ecosystem } = parsePurl(purl);
  const rebuilder = rebuilders.find((one) => one.ecosystem === ecosystem);
  if (rebuilder !== undefined) return rebuilder;
  throw new AssayError('REBUILD_UNSUPPORTED', `packages of ${ecosystem} are not built here`);
}

async function raiseAlarms(
  { raiseAlarm }: RebuildOneDeps,
  build: StoredBuild,
  { purl, artifact, outcome, endedAt }: RebuildRecord,
): Promise<void> {
  if (outcome.state !== 'compared') return;
  const { verdict, differences } = outcome.comparison;
  const worst = differences[0]?.reason ?? '';
  const data = { artifact, build: build.id, verdict };
  if (verdict === 'suspicious')
    await raiseAlarm({
      kind: 'rebuild-suspicious',
      severity: 'critical',
      about: purl,
      message: `${purl} is not what its source makes, and how it differs is suspicious. ${worst} See: assay rebuild report ${purl}`,
      data,
      at: endedAt,
    });
}

/** At once for the first build; for the second it is said that this machine did not lead it astray. */
async function tellRegression(
  { raiseAlarm }: RebuildOneDeps,
  { id, verdict }: StoredBuild,
  { purl, artifact, endedAt }: RebuildRecord,
  lastGood: string,
  clean: boolean,
): Promise<void> {
  const pin = pinCommand(purl, lastGood);
  const what = clean
    ? `Built once more from clean, ${purl} still differs from what its source makes, and version ${lastGood} did not.`
    : `${purl} differs from what its source makes, and version ${lastGood} did not. It is built once more from clean.`;
  await raiseAlarm({
    kind: 'rebuild-regression',
    severity: 'critical',
    about: purl,
    message: `${what} Until that is understood, stay with ${lastGood}${pin === undefined ? '' : `: ${pin}`}`,
    data: { artifact, build: id, verdict, lastGood, clean, ...(pin === undefined ? {} : { pin }) },
    at: endedAt,
  });
}

async function tellCleared(
  { raiseAlarm }: RebuildOneDeps,
  { id, verdict }: StoredBuild,
  { purl, artifact, endedAt }: RebuildRecord,
): Promise<void> {
  await raiseAlarm({
    kind: 'rebuild-regression',
    severity: 'warning',
    about: purl,
    message: `Built once more from clean, ${purl} is what upstream published: the build before differed because of this machine, or of chance. See: assay rebuild report ${purl}`,
    data: { artifact, build: id, verdict, clean: true },
    at: endedAt,
  });
}
