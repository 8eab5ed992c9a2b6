/** Is a version affected? The evaluation algorithm of the OSV schema 1.7. */
import type { OsvEvent, OsvEventKind } from './osv/record.ts';
import type { VersionOrder } from './versions/order.ts';

/**
 * Where several events name one version, a range's end is walked last: `last_affected` X after `introduced` X is the one
 * version X. The others stay in the record's order.
 */
const ranks: Readonly<Record<OsvEventKind, number>> = { introduced: 0, fixed: 0, limit: 0, last_affected: 1 };

/** Oldest first, as they must be walked: records need not list them so. */
export function sortEvents(events: readonly OsvEvent[], order: VersionOrder): readonly OsvEvent[] {
  return events.toSorted(
    (a, b) => compareStarts(a, b) || order.compare(a.version, b.version) || ranks[a.kind] - ranks[b.kind],
  );
}

/** `introduced: "0"` comes before every version, also before `0.0.0-alpha`. */
function compareStarts(a: OsvEvent, b: OsvEvent): number {
  return Number(isFromStart(b)) - Number(isFromStart(a));
}

function isFromStart({ kind, version }: OsvEvent): boolean {
  return kind === 'introduced' && version === '0';
}

/** `events` as `sortEvents` returns them. */
export function isInRange(version: string, events: readonly OsvEvent[], order: VersionOrder): boolean {
  if (!isBeforeLimits(version, events, order)) return false;
  let isAffected = false;
  for (const event of events) {
    switch (event.kind) {
      case 'introduced':
        if (isFromStart(event) || order.compare(version, event.version) >= 0) isAffected = true;
        break;
      case 'fixed':
        if (order.compare(version, event.version) >= 0) isAffected = false;
        break;
      case 'last_affected':
        if (order.compare(version, event.version) > 0) isAffected = false;
        break;
      case 'limit':
        break;
    }
  }
  return isAffected;
}

/** None is the same as `*`; several are alternatives. */
function isBeforeLimits(version: string, events: readonly OsvEvent[], order: VersionOrder): boolean {
  const limits = events.filter(({ kind }) => kind === 'limit');
  return (
    limits.length === 0 ||
    limits.some((limit) => limit.version === '*' || order.compare(version, limit.version) < 0)
  );
}

/** Listed by name, or as another text for the same version. */
export function isListed(version: string, versions: readonly string[], order: VersionOrder): boolean {
  if (versions.includes(version)) return true;
  return order.isVersion(version) && versions.some((one) => order.compare(one, version) === 0);
}
