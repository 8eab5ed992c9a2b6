/** From what a person has at hand (a case id, `name@version`, a purl, the URL a client printed) to the releases meant. */
import { parseCaseId, parseShortCase } from '../core/case.ts';
import { AssayError } from '../core/errors.ts';
import { formatPurl, parsePurl, type Purl } from '../core/purl.ts';
import { localOperator, type ReleaseId } from '../core/subject.ts';
import { parseNpmRequest } from '../registries/npm/requests.ts';
import type { ExplainAnswer, Explanation } from './control/protocol.ts';
import type { Gate } from './gate.ts';
import { explanationOf } from './shown.ts';

const matchesAtMost = 20;

/** Throws EXPLAIN_NOTHING_FOUND. */
export async function explain(gate: Gate, query: string): Promise<ExplainAnswer> {
  const ids = query.isWellFormed() ? await releasesMeant(gate, query.trim()) : [];
  const matches: Explanation[] = [];
  for (const id of ids.slice(0, matchesAtMost)) {
    const found = await explainOne(gate, id);
    if (found !== undefined) matches.push(found);
  }
  if (matches.length === 0) {
    throw new AssayError(
      'EXPLAIN_NOTHING_FOUND',
      `nothing is on record for ${JSON.stringify(query.slice(0, 200))}`,
    );
  }
  return { matches, more: Math.max(0, ids.length - matchesAtMost) };
}

async function explainOne(gate: Gate, id: ReleaseId): Promise<Explanation | undefined> {
  const release = await gate.storage.admission.release(id);
  if (release === undefined) return undefined;
  const refused = release.decision.outcome !== 'allow';
  const { upstream } = release.subject;
  const useInstead = refused ? await gate.recommend(release.decision, upstream, localOperator) : undefined;
  const eventId = await gate.storage.admission.previousEvent(id);
  return explanationOf(release, { base: gate.url, useInstead }, eventId);
}

async function releasesMeant(gate: Gate, query: string): Promise<readonly ReleaseId[]> {
  const { admission } = gate.storage;
  const short = parseShortCase(query);
  if (short !== undefined) return (await admission.casesByShort(short)).map((one) => one.releaseId);
  const byUrl = urlPath(query);
  const caseId = parseCaseId(byUrl === undefined ? query : (/\/-\/case\/([^/?#]+)$/.exec(byUrl)?.[1] ?? ''));
  if (caseId !== undefined) {
    const found = await admission.case(caseId);
    if (found !== undefined) return [found.releaseId];
  }
  if (byUrl !== undefined) return byRequest(gate, byUrl);
  if (query.startsWith('pkg:')) return byPurl(gate, query as Purl);
  return byName(gate, query);
}

function urlPath(query: string): string | undefined {
  if (!/^https?:\/\//i.test(query)) return undefined;
  try {
    return new URL(query).pathname;
  } catch {
    return undefined;
  }
}

async function byRequest(gate: Gate, path: string): Promise<readonly ReleaseId[]> {
  const request = parseNpmRequest('GET', path);
  if (request.kind === 'tarball') {
    const route = gate.routes(request.name);
    if (route === undefined) return [];
    const releases = await gate.storage.admission.releasesOf(route.upstream, request.name);
    return releases.filter((one) => one.file === request.file).map((one) => one.id);
  }
  return request.kind === 'packument' ? byName(gate, request.name) : [];
}

async function byPurl(gate: Gate, text: Purl): Promise<readonly ReleaseId[]> {
  const { name, version } = parsePurl(text);
  if (version === undefined) return byName(gate, name);
  return (await gate.storage.read.releaseByPurl(text)).map((one) => one.id);
}

async function byName(gate: Gate, query: string): Promise<readonly ReleaseId[]> {
  const at = query.indexOf('@', 1);
  if (at > 0) {
    const purl = formatPurl('npm', query.slice(0, at), query.slice(at + 1));
    return (await gate.storage.read.releaseByPurl(purl)).map((one) => one.id);
  }
  const found = await gate.storage.read.searchReleases(query, 200);
  return found.filter((one) => one.name === query).map((one) => one.id);
}
