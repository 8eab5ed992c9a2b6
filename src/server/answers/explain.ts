/** From what a person has at hand (a case id, `name@version`, a purl, the URL a client printed) to the releases meant. */
import type { FileRequest } from '../../admission/deps.ts';
import { parseCaseId, parseShortCase } from '../../core/case.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import { localOperator, releaseIdOf, type ReleaseId } from '../../core/subject.ts';
import { isPackageName } from '../../registries/npm/names.ts';
import { parseNpmRequest } from '../../registries/npm/requests.ts';
import type { ExplainAnswer, Explanation } from '../control/protocol.ts';
import { fileOf } from './file-of.ts';
import type { Gate } from '../gate.ts';
import { foundationOf } from '../rebuilding/catalogue.ts';
import { explanationOf } from './shown.ts';

const matchesAtMost = 20;
const releasesAtMost = 200;

/** Throws EXPLAIN_NOTHING_FOUND; UPSTREAM_* when only upstream could tell. */
export async function explain(gate: Gate, query: string): Promise<ExplainAnswer> {
  const meant = query.isWellFormed() ? query.trim() : '';
  const known = await releasesMeant(gate, meant);
  const ids = known.length > 0 ? known : await askedNow(gate, meant);
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
  const standsOn = await standsOnWithout(gate, release.subject.purl);
  return {
    ...explanationOf(release, { base: gate.url, useInstead }, eventId),
    ...(standsOn === undefined ? {} : { standsOn }),
  };
}

/** Without the list, which is the catalogue's; a record that is lost does not keep a decision from being explained. */
async function standsOnWithout(gate: Gate, purl: Purl): Promise<Explanation['standsOn']> {
  try {
    const found = await foundationOf(gate, purl);
    return found && { ...found, inputs: found.inputs.filter(({ suspected }) => suspected) };
  } catch (error) {
    if (isAssayError(error)) return undefined;
    throw error;
  }
}

/** Empty when nothing on record is meant. Of a bare name at most 200 releases, those that were decided last. */
export async function releasesMeant(gate: Gate, query: string): Promise<readonly ReleaseId[]> {
  return (await allReleasesMeant(gate, query)).slice(0, releasesAtMost);
}

export async function allReleasesMeant(gate: Gate, query: string): Promise<readonly ReleaseId[]> {
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

/**
 * A version or file that nobody asked for is decided now, as for an install: what an index merely withholds is on no
 * record, and its notice sends people here.
 */
async function askedNow(gate: Gate, query: string): Promise<readonly ReleaseId[]> {
  const wanted = await wantedFile(gate, query);
  if (wanted === undefined) return [];
  const outcome = await gate.admission.admit({ ...wanted, principal: localOperator });
  return outcome.state === 'absent' ? [] : [releaseIdOf(outcome.release.subject)];
}

async function wantedFile(gate: Gate, query: string): Promise<Omit<FileRequest, 'principal'> | undefined> {
  const path = urlPath(query);
  if (path !== undefined) {
    const request = parseNpmRequest('GET', path);
    const route = request.kind === 'tarball' ? gate.routes(request.name) : undefined;
    if (request.kind !== 'tarball' || route === undefined) return undefined;
    return { upstream: route.upstream, name: request.name, file: request.file };
  }
  const { ecosystem, name, version } = query.startsWith('pkg:')
    ? parsePurl(query)
    : { ecosystem: 'npm', ...nameAndVersion(query) };
  if (ecosystem !== 'npm' || version === undefined || !isPackageName(name)) return undefined;
  const route = gate.routes(name);
  const file = route === undefined ? undefined : await fileOf(gate, route.upstream, name, version);
  return route === undefined || file === undefined ? undefined : { upstream: route.upstream, name, file };
}

function nameAndVersion(query: string): { readonly name: string; readonly version: string | undefined } {
  const at = query.indexOf('@', 1);
  return at > 0
    ? { name: query.slice(0, at), version: query.slice(at + 1) }
    : { name: query, version: undefined };
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
  const { ecosystem, name, version } = parsePurl(text);
  if (version === undefined) return gate.storage.read.releasesNamed(ecosystem, name);
  return (await gate.storage.read.releaseByPurl(text)).map((one) => one.id);
}

async function byName(gate: Gate, query: string): Promise<readonly ReleaseId[]> {
  const { name, version } = nameAndVersion(query);
  if (version !== undefined) {
    const purl = formatPurl('npm', name, version);
    return (await gate.storage.read.releaseByPurl(purl)).map((one) => one.id);
  }
  return gate.storage.read.releasesNamed('npm', query);
}
