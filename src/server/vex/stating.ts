/** What the operator states: for a time that ends, about a package or one version of it, with a reason that is on record. */
import type { VexJustification, VexStatement, VexStatus } from '../../core/vex.ts';
import { sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { Purl } from '../../core/purl.ts';
import type { Principal } from '../../core/subject.ts';
import { instantOf, rfc3339 } from '../../core/time.ts';
import type { Stated } from './state.ts';

/** No signer may be called so. */
const operator = 'operator';
const longestMs = 366 * 86_400_000;

export interface StatingRequest {
  readonly product: Purl;
  /** An id, or an alias, of an advisory. */
  readonly vulnerability: string;
  readonly status: VexStatus;
  readonly justification: VexJustification | undefined;
  readonly reason: string;
  /** RFC 3339 UTC. */
  readonly until: string;
}

/** Throws REQUEST_INVALID for one that has ended, or lasts longer than a year. */
export function endOf(until: string, now: Date): string {
  const ms = instantOf(until);
  if (Number.isNaN(ms) || ms <= now.getTime() || ms > now.getTime() + longestMs)
    throw new AssayError('REQUEST_INVALID', 'it ends in the future, and within a year');
  return rfc3339(new Date(ms));
}

/** Throws REQUEST_INVALID. */
export function newStated(request: StatingRequest, principal: Principal, now: Date): Omit<Stated, 'entry'> {
  const { product, vulnerability, status, justification, reason } = request;
  if (justification !== undefined && status !== 'not_affected')
    throw new AssayError('REQUEST_INVALID', 'a justification belongs to the status not_affected alone');
  if (/^MAL-/i.test(vulnerability))
    throw new AssayError('REQUEST_INVALID', `${vulnerability} is about malware, which VEX says nothing of`, {
      hint: 'An advisory that is wrong is set aside with `assay feed override add`.',
    });
  return {
    id: sha256(JSON.stringify([operator, product, vulnerability])).slice(0, 12),
    product,
    vulnerability,
    status,
    ...(justification !== undefined && { justification }),
    reason,
    by: principal.name,
    from: rfc3339(now),
    until: endOf(request.until, now),
  };
}

export function statementOf(stated: Omit<Stated, 'entry'>): VexStatement {
  const { product, vulnerability, status, justification, reason, from, until } = stated;
  return {
    author: operator,
    product,
    vulnerabilities: [vulnerability],
    status,
    justification,
    statement: reason,
    from,
    until,
    cyclonedx: undefined,
  };
}
