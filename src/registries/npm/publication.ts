/** How a version says it was published: `_npmUser`, `dist.signatures`, `dist.attestations`, `gitHead`. Nothing of it is signed. */
import { own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import type { Publication } from '../../core/index-view.ts';

const longestName = 214;
const longestEmail = 254;

/** Nearly every old version of a package says the same nothing: they share one. */
const silent: Publication = {
  publisher: undefined,
  publisherEmail: undefined,
  trustedPublisher: undefined,
  approver: undefined,
  attested: false,
  signatures: 0,
  gitHead: undefined,
};

/** Never throws; what has another form than npm's reads as absent. */
export function publicationOf(entry: JsonObject): Publication {
  const user = ownObject(entry, '_npmUser') ?? {};
  const dist = ownObject(entry, 'dist') ?? {};
  const signatures = own(dist, 'signatures');
  const gitHead = ownString(entry, 'gitHead');
  const told: Publication = {
    publisher: clipped(ownString(user, 'name'), longestName),
    publisherEmail: clipped(ownString(user, 'email'), longestEmail),
    trustedPublisher: clipped(ownString(ownObject(user, 'trustedPublisher') ?? {}, 'id'), longestName),
    approver: approverOf(user),
    attested: ownObject(ownObject(dist, 'attestations') ?? {}, 'provenance') !== undefined,
    signatures: Array.isArray(signatures) ? signatures.length : 0,
    gitHead: gitHead !== undefined && /^[0-9a-f]{40,64}$/.test(gitHead) ? gitHead : undefined,
  };
  return Object.values(told).every((value) => value === undefined || value === false || value === 0)
    ? silent
    : told;
}

/** A name, or an object with one. */
function approverOf(user: JsonObject): string | undefined {
  const approver = own(user, 'approver');
  const name = typeof approver === 'string' ? approver : ownString(ownObject(user, 'approver') ?? {}, 'name');
  return clipped(name, longestName);
}

function clipped(text: string | undefined, max: number): string | undefined {
  return text === undefined || text === '' ? undefined : text.slice(0, max).toWellFormed();
}
