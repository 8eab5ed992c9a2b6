/** Which decisions a question means, and what became of replaying each. */
import { AssayError } from '../../core/errors.ts';
import { parsePurl } from '../../core/purl.ts';
import type { ReplayAnswer } from '../control/replay-protocol.ts';
import { releasesMeant } from '../answers/explain.ts';
import type { Gate } from '../gate.ts';
import { replayDecision, type ReplayDeps, type Replayed } from './replay.ts';
import type { ReplaySubject } from './subject.ts';

const replayedAtMost = 20;
const differencesShown = 200;

/**
 * `query`: the id of a decision, or what `explain` takes: then the decisions in force. Throws EXPLAIN_NOTHING_FOUND when
 * nothing on record is meant, STORAGE_*.
 */
export async function replay(gate: Gate, query: string): Promise<ReplayAnswer> {
  const subjects = await subjectsOf(gate, query.trim());
  if (subjects.length === 0)
    throw new AssayError(
      'EXPLAIN_NOTHING_FOUND',
      `no decision is on record for ${JSON.stringify(query.slice(0, 200))}`,
    );
  const { storage, collectors, trust, feeds, settings } = gate;
  const deps: ReplayDeps = {
    storage,
    collectors,
    trustByDigest: trust.byDigest,
    feedAt: feeds.at,
    knowledge: (ecosystem, name) => ({
      rebuildOf: gate.rebuilding.known.finding,
      advisoryOverrides: feeds.overrides().filter((one) => one.name === name),
      vex: feeds.vexAbout(ecosystem, name),
      popular: feeds.popular(ecosystem),
    }),
    identityHostOf: (id) => settings.upstreams.find((one) => one.id === id)?.identityHost ?? id,
  };
  const replays: ReplayAnswer['replays'] = [];
  for (const subject of subjects.slice(0, replayedAtMost))
    replays.push(shown(await replayDecision(deps, subject), subject));
  return { replays, more: Math.max(0, subjects.length - replayedAtMost) };
}

async function subjectsOf({ storage, ...gate }: Gate, query: string): Promise<readonly ReplaySubject[]> {
  const line = /^[0-9a-f]{32}$/.test(query) ? await storage.read.decision(query) : undefined;
  if (line !== undefined) return [{ ...line, inForce: line.supersededAt === undefined }];
  const ids = await releasesMeant({ storage, ...gate }, query);
  const releases = await Promise.all([...new Set(ids)].map((id) => storage.admission.release(id)));
  return releases.flatMap((release) =>
    release === undefined
      ? []
      : [{ releaseId: release.id, version: release.version, decision: release.decision, inForce: true }],
  );
}

function shown(
  { decision, differences, unable, checked }: Replayed,
  { version }: ReplaySubject,
): ReplayAnswer['replays'][number] {
  const state = differences.length > 0 ? 'differs' : unable.length > 0 ? 'unable' : 'same';
  return {
    decisionId: decision.id,
    name: parsePurl(decision.subject.purl).name,
    version,
    outcome: decision.outcome,
    decidedAt: decision.decidedAt,
    state,
    differences: differences.slice(0, differencesShown).map((one) => ({ ...one })),
    moreDifferences: Math.max(0, differences.length - differencesShown),
    unable: [...unable],
    checked: [...checked],
  };
}
