/** Who pulled what a person asks about. */
import { parsePurl } from '../../core/purl.ts';
import { rfc3339 } from '../../core/time.ts';
import type { PullLine } from '../../storage/pulls.ts';
import { allReleasesMeant } from '../answers/explain.ts';
import type { PullsAnswer, PullShown, PullsRequest } from '../control/pull-protocol.ts';
import type { Gate } from '../gate.ts';

/** Throws PURL_INVALID, STORAGE_*. */
export async function pullsOf(gate: Gate, { query, limit }: PullsRequest): Promise<PullsAnswer> {
  const ids = await allReleasesMeant(gate, query.isWellFormed() ? query.trim() : '');
  const { pulls, more } = await gate.pulls.list(ids, limit);
  const { since = rfc3339(gate.clock()), lost } = await gate.storage.pulls.state();
  return { releases: new Set(ids).size, since, lost, pulls: pulls.map(shown), more };
}

function shown({ purl, file, upstream, puller, firstAt, lastAt, count }: PullLine): PullShown {
  const { name, version = '' } = parsePurl(purl);
  return { purl, name, version, file, upstream, puller: { ...puller }, firstAt, lastAt, count };
}
