/**
 * Putting keys from several sources together. The TUF target comes first, then what an operator imported, then the
 * registry's own endpoint. A key is never forgotten: one that is listed no more is retired, so that old signatures can
 * still be judged.
 */
import type { RegistryKey, TrustSource } from '../core/trust.ts';

/** `replaced`: another key has its id now. `ended`: the source that vouched for it lists it no more. `unvouched`: only the endpoint says so, and others speak for this registry. */
export interface KeyChange {
  readonly host: string;
  readonly keyid: string;
  readonly what: 'added' | 'changed' | 'replaced' | 'ended' | 'unvouched';
}

/** Two keys under one id: somebody is wrong, or lies. */
export interface KeyConflict {
  readonly host: string;
  readonly keyid: string;
  readonly kept: TrustSource;
  readonly refused: TrustSource;
}

export interface OfferedKeys {
  readonly host: string;
  readonly keys: readonly RegistryKey[];
  readonly source: TrustSource;
  /** RFC 3339 UTC. */
  readonly now: string;
}

export interface MergedKeys {
  readonly keys: readonly RegistryKey[];
  readonly changes: readonly KeyChange[];
  readonly conflicts: readonly KeyConflict[];
}

const ranks: Readonly<Record<TrustSource, number>> = {
  tuf: 0,
  pinned: 0,
  imported: 1,
  configured: 1,
  endpoint: 2,
};

/** Far above what registries have had in all their years; more are not taken, which is no reason to forget one. */
const maxKeysOfHost = 1024;

export function mergeKeys(known: readonly RegistryKey[], offered: OfferedKeys): MergedKeys {
  const { host, source, now } = offered;
  const byId = new Map(known.map((key) => [key.keyid, key]));
  const changes: KeyChange[] = [];
  const conflicts: KeyConflict[] = [];
  // A mirror that answers for the endpoint could otherwise add a key of its own beside those that TUF vouches for.
  const isUnvouched = source === 'endpoint' && known.some((key) => ranks[key.source] < ranks.endpoint);
  for (const key of offered.keys) {
    const before = byId.get(key.keyid);
    if (before === undefined) {
      if (isUnvouched) changes.push({ host, keyid: key.keyid, what: 'unvouched' });
      else if (byId.size < maxKeysOfHost) {
        changes.push({ host, keyid: key.keyid, what: 'added' });
        byId.set(key.keyid, key);
      }
      continue;
    }
    if (before.spki !== key.spki) {
      const wins = ranks[source] < ranks[before.source];
      const [kept, refused] = wins ? [source, before.source] : [before.source, source];
      conflicts.push({ host, keyid: key.keyid, kept, refused });
      if (wins) {
        changes.push({ host, keyid: key.keyid, what: 'replaced' });
        byId.set(key.keyid, key);
      }
      continue;
    }
    if (ranks[source] > ranks[before.source]) continue;
    const after = withUses(before, key, now);
    if (isSame(before, after)) continue;
    changes.push({ host, keyid: key.keyid, what: 'changed' });
    byId.set(key.keyid, after);
  }
  if (ranks[source] === 0) {
    const listed = new Set(offered.keys.map((key) => key.keyid));
    for (const key of known.filter((one) => ranks[one.source] === 0 && !listed.has(one.keyid))) {
      const after = withUses(key, { ...key, usages: [] }, now);
      if (isSame(key, after)) continue;
      changes.push({ host, keyid: key.keyid, what: 'ended' });
      byId.set(key.keyid, after);
    }
  }
  return { keys: [...byId.values()].sort((a, b) => (a.keyid < b.keyid ? -1 : 1)), changes, conflicts };
}

/** The windows of `key`; a use that it no longer lists ends now, unless it ended before. */
function withUses(before: RegistryKey, key: RegistryKey, now: string): RegistryKey {
  const gone = before.usages
    .filter(({ usage }) => !key.usages.some((one) => one.usage === usage))
    .map((one) => (one.until !== undefined && one.until <= now ? one : { ...one, until: now }));
  return { ...key, usages: [...key.usages, ...gone] };
}

/** In everything that evidence rests on; a source of the same rank is the same. */
function isSame(a: RegistryKey, b: RegistryKey): boolean {
  const windows = (key: RegistryKey): string =>
    key.usages
      .map(({ usage, from, until }) => `${usage} ${from ?? ''} ${until ?? ''}`)
      .sort()
      .join();
  return ranks[a.source] === ranks[b.source] && windows(a) === windows(b);
}
