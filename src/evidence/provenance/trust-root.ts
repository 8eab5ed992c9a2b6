/** The sub-verdict `trust-root`: is the trust that vouched still one to rely on? */
import type { EvidenceItem, Result } from '../../core/evidence.ts';
import { instantOf } from '../../core/time.ts';
import type { SigstoreTrust } from '../../core/trust.ts';

export interface TrustRootFinding {
  readonly result: Result;
  readonly items: readonly EvidenceItem[];
}

/** `names`: of the roots that vouched. Nothing verified: `not-available`. A date that cannot be read is past. */
export function judgeTrustRoots(
  roots: readonly SigstoreTrust[],
  names: ReadonlySet<string>,
  now: string,
): TrustRootFinding {
  const used = roots.filter(({ name }) => names.has(name));
  if (used.length === 0) return { result: 'not-available', items: [] };
  const isPast = (time: string | undefined): boolean =>
    time !== undefined && !(instantOf(now) < instantOf(time));
  const stale = used.filter(({ staleAt }) => isPast(staleAt));
  const expired = used.filter((root) => !stale.includes(root) && isPast(root.tufRoot?.expires));
  const items = [
    ...stale.map(({ name, staleAt = '', confirmedAt }) => ({
      id: 'provenance/trust-root-stale',
      message: `The trust root ${name} is too old to rely on: ${lastConfirmed(confirmedAt)}, and since ${staleAt} that is too long ago. Refresh it (assay trust).`,
    })),
    ...expired.map(({ name, tufRoot }) => ({
      id: 'provenance/trust-root-expired',
      message: `The TUF root (version ${tufRoot?.version ?? 0}) that vouches for the trust root ${name} expired at ${tufRoot?.expires ?? ''}. Refresh it (assay trust).`,
    })),
  ];
  return { result: stale.length > 0 ? 'fail' : expired.length > 0 ? 'warn' : 'pass', items };
}

function lastConfirmed(confirmedAt: string | undefined): string {
  return confirmedAt === undefined
    ? 'it came with the program and was never confirmed'
    : `it was last confirmed at ${confirmedAt}`;
}
