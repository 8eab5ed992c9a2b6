/**
 * What the command line asks about sources: where a version's is, whose a person approved, and taking that back. First sight
 * of a package, or a changed identity, counts only after that: else whoever steals a publish token points `repository` at a fork.
 */
import { randomBytes } from 'node:crypto';
import { AssayError } from '../../core/errors.ts';
import type { Sha256 } from '../../core/digest.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { FoundSource, SourceIdentity } from '../../core/rebuild.ts';
import type { SourceApproval } from '../../core/source-approval.ts';
import { localOperator } from '../../core/subject.ts';
import { rfc3339 } from '../../core/time.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import { makeSourceEvent } from '../../ledger/source-event.ts';
import { sameIdentity } from '../../rebuild/attest/class.ts';
import type { SourceSearch } from '../../rebuild/source/types.ts';
import type {
  ApprovalShown,
  FoundShown,
  IdentityShown,
  SourceApprove,
  SourceApproved,
  SourceFinding,
  SourceListAnswer,
  SourceListed,
  SourceQuery,
  SourceRevoke,
  SourceRevoked,
} from '../control/source-protocol.ts';
import type { Gate } from '../gate.ts';
import { purlOf, sourceWords } from './answers.ts';
import { correctionFor, findNpmSource } from './npm-sources.ts';

export type SourceNeeds = Pick<Gate, 'rebuilding' | 'storage' | 'clock' | 'raiseEpoch'>;

/** Throws PURL_INVALID, REBUILD_UNSUPPORTED, INDEX_VERSION_ABSENT, DEBIAN_*, UPSTREAM_*, STORAGE_*. */
export async function findSourceOf(gate: SourceNeeds, { purl }: SourceQuery): Promise<SourceFinding> {
  const { search, purl: of } = await searchFor(gate, purlOf(purl));
  const rest = {
    purl: of,
    because: [...search.because],
    disagreements: [...search.disagreements],
    movedTags: search.movedTags.map(({ tag, firstCommit, firstSeenAt, commit }) => ({
      tag,
      firstCommit,
      firstSeenAt,
      commit,
    })),
  };
  if (search.state === 'not-found')
    return { ...rest, cause: search.cause, message: search.message, approved: false };
  const { found, kept } = search;
  const { ecosystem, name } = parsePurl(of);
  const approved = await gate.storage.sources.approved(ecosystem, name);
  return {
    ...rest,
    found: foundShown(found),
    archive: kept,
    approved: approved.some(({ identity }) => sameIdentity(identity, found.identity)),
  };
}

/**
 * Approves the source that the newest build of the version was made from; where there is none yet, the one that is found
 * now. One that is another than what is approved must be named. Throws SOURCE_UNREADABLE, SOURCE_DIFFERS, PURL_INVALID, REBUILD_UNSUPPORTED, INDEX_VERSION_ABSENT, DEBIAN_*, UPSTREAM_*,
 * STORAGE_*.
 */
export async function approveSource(gate: SourceNeeds, asked: SourceApprove): Promise<SourceApproved> {
  const { purl, found } = await sourceOf(gate, purlOf(asked.purl));
  const { repository } = found.identity;
  if (asked.repository !== undefined && asked.repository !== repository)
    throw new AssayError(
      'SOURCE_DIFFERS',
      `the source of ${purl} is ${JSON.stringify(repository)}, not ${JSON.stringify(asked.repository)}`,
    );
  const { ecosystem, name } = parsePurl(purl);
  const before = await gate.storage.sources.approved(ecosystem, name);
  const known = before.find(({ identity }) => sameIdentity(identity, found.identity));
  if (known !== undefined)
    return { approval: approvalShown(known), recorded: false, found: foundShown(found) };
  const [other] = before;
  // Whoever stole a publish token has the newest build, perhaps of a fork: a changed source is never approved by the way.
  if (other !== undefined && asked.repository === undefined)
    throw new AssayError(
      'SOURCE_DIFFERS',
      `the source of ${purl} is ${identityWords(found.identity)}, and what is approved is ${identityWords(other.identity)}`,
      { hint: 'When it is meant all the same, name it: --repository URL' },
    );
  const [approval] = await say(gate, purl, 'approve', [found.identity], asked.reason);
  if (approval === undefined)
    throw new AssayError('STORAGE_FAILED', 'another approval was recorded meanwhile; try again');
  return { approval: approvalShown(approval), recorded: true, found: foundShown(found) };
}

/** Two of one name differ by the ids of a forge, or by keys. */
function identityWords({ repository, repositoryId, ownerId, keys }: SourceIdentity): string {
  const ids = [
    ...(repositoryId === undefined ? [] : [`repository ${repositoryId}`]),
    ...(ownerId === undefined ? [] : [`owner ${ownerId}`]),
    ...keys,
  ];
  return `${JSON.stringify(repository)} (${ids.length === 0 ? 'no ids known' : ids.join(', ')})`;
}

/** Throws SOURCE_NOT_APPROVED, PURL_INVALID, STORAGE_*. */
export async function revokeSource(gate: SourceNeeds, asked: SourceRevoke): Promise<SourceRevoked> {
  const purl = purlOf(asked.purl);
  const { ecosystem, name } = parsePurl(purl);
  const approved = await gate.storage.sources.approved(ecosystem, name);
  const meant = approved.filter(
    ({ identity }) => asked.repository === undefined || identity.repository === asked.repository,
  );
  if (meant.length === 0)
    throw new AssayError(
      'SOURCE_NOT_APPROVED',
      `no such source of ${formatPurl(ecosystem, name)} was approved`,
    );
  const identities = meant.map(({ identity }) => identity);
  const revoked = await say(gate, purl, 'revoke', identities, asked.reason);
  return { revoked: revoked.map(approvalShown) };
}

/** Throws PURL_INVALID, STORAGE_*. */
export async function listSources(
  { storage }: Pick<SourceNeeds, 'storage'>,
  { purl }: SourceListed,
): Promise<SourceListAnswer> {
  if (purl === undefined)
    return { approved: (await storage.sources.allApproved()).map(approvalShown), history: [] };
  const { ecosystem, name } = parsePurl(purlOf(purl));
  const [approved, history] = await Promise.all([
    storage.sources.approved(ecosystem, name),
    storage.sources.history(ecosystem, name),
  ]);
  return { approved: approved.map(approvalShown), history: history.map(approvalShown) };
}

/** Each is durable, with its entry, before it has an effect. */
async function say(
  gate: SourceNeeds,
  purl: Purl,
  action: SourceApproval['action'],
  identities: readonly SourceIdentity[],
  reason: string,
): Promise<readonly SourceApproval[]> {
  const { storage, rebuilding, clock, raiseEpoch } = gate;
  const { ecosystem, name } = parsePurl(purl);
  const of = formatPurl(ecosystem, name);
  const said: SourceApproval[] = [];
  for (const identity of identities) {
    const time = rfc3339(clock());
    const change = { ecosystem, name, action, identity, reason, principal: localOperator, at: time };
    const made = await storage.sources.record(change, (previousEventId) =>
      makeSourceEvent({
        eventId: newEventId(randomBytes),
        purl: of,
        change: { action, identity, reason },
        principal: localOperator,
        time,
        previousEventId,
        randomBytes,
      }),
    );
    if (made !== 'unchanged') said.push(made);
  }
  const inForce = await storage.sources.approved(ecosystem, name);
  rebuilding.known.approve(
    ecosystem,
    name,
    inForce.map(({ identity }) => identity),
  );
  // The class of its versions may be another now: whoever wants one next, policy is asked again.
  if (said.length > 0) await raiseEpoch('feeds');
  return said;
}

async function sourceOf(
  gate: SourceNeeds,
  purl: Purl,
): Promise<{ readonly purl: Purl; readonly found: FoundSource }> {
  const { ecosystem, name, version } = parsePurl(purl);
  const { known } = gate.rebuilding;
  const builds = version === undefined ? known.ofPackage(ecosystem, name) : known.ofVersion(purl);
  const built = builds.find(({ record }) => record.source !== undefined);
  if (built?.record.source !== undefined) return { purl: built.record.purl, found: built.record.source };
  const { search, purl: of } = await searchFor(gate, purl);
  if (search.state === 'found') return { purl: of, found: search.found };
  throw new AssayError('SOURCE_UNREADABLE', `no source of ${of} was found: ${search.message}`);
}

/** What every ecosystem's search says; `kept`: SHA-256 of what the source was kept as. */
type Searched = Pick<SourceSearch, 'because' | 'disagreements' | 'movedTags'> &
  (
    | { readonly state: 'found'; readonly found: FoundSource; readonly kept: Sha256 }
    | Pick<Extract<SourceSearch, { state: 'not-found' }>, 'state' | 'cause' | 'message'>
  );

async function searchFor(
  { rebuilding }: SourceNeeds,
  purl: Purl,
): Promise<{ readonly purl: Purl; readonly search: Searched }> {
  const { ecosystem } = parsePurl(purl);
  if (ecosystem === 'debian') {
    const { purl: of, found, kept } = await rebuilding.findDebianSource(purl);
    const { because, disagreements } = found;
    return { purl: of, search: { state: 'found', because, disagreements, movedTags: [], found, kept } };
  }
  if (ecosystem !== 'npm')
    throw new AssayError('REBUILD_UNSUPPORTED', `nothing of ${ecosystem} is built here yet`);
  const target = await rebuilding.locateNpm(purl);
  const shop = await rebuilding.workshop.open();
  const correction = await correctionFor(rebuilding.npmSources, target, undefined);
  const never = new AbortController().signal;
  const search = await findNpmSource(rebuilding.npmSources, target, shop, correction, never);
  return {
    purl: target.purl,
    search: search.state === 'found' ? { ...search, kept: search.mirror.archive } : search,
  };
}

function foundShown({ source, identity, ...rest }: FoundSource): FoundShown {
  return {
    source: sourceWords(source),
    identity: identityShown(identity),
    grade: rest.grade,
    confidence: rest.confidence,
    reachable: rest.reachable,
    because: [...rest.because],
    disagreements: [...rest.disagreements],
  };
}

function identityShown({ repository, repositoryId, ownerId, keys }: SourceIdentity): IdentityShown {
  return {
    repository,
    ...(repositoryId === undefined ? {} : { repositoryId }),
    ...(ownerId === undefined ? {} : { ownerId }),
    keys: [...keys],
  };
}

function approvalShown(approval: SourceApproval): ApprovalShown {
  const { ecosystem, name, action, identity, reason, principal, at, eventId } = approval;
  return {
    package: formatPurl(ecosystem, name),
    action,
    identity: identityShown(identity),
    reason,
    principal: { kind: principal.kind, name: principal.name },
    at,
    eventId,
  };
}
