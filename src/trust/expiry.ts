/** When what we trust runs out: shown in the status, and alarmed ahead of time. Retired keys and authorities are no news. */
import type { RegistryKey, SigstoreTrust, TrustMaterial } from '../core/trust.ts';
import { instantOf, rfc3339 } from '../core/time.ts';
import { trustedRootParts } from './trusted-root.ts';

export interface TrustExpiry {
  /** What it is about: a Sigstore instance by name, or an identity host. */
  readonly about: string;
  /** What ends: `TUF root 16`, `key SHA256:…`, `log https://…`. */
  readonly what: string;
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly state: 'ahead' | 'soon' | 'over';
}

export const aheadDays = 30;
const dayMs = 86_400_000;

/**
 * Everything in use that ends at a known time, the soonest first. A key or authority that ended before `now` is left
 * out while another one of its kind is in force, for it was replaced.
 */
export function trustExpiries(material: TrustMaterial, now: string): readonly TrustExpiry[] {
  const ends = [
    ...material.sigstore.flatMap((trust) => [...rootEnds(trust), ...partEnds(trust, now)]),
    ...[...material.registryKeys].flatMap(([host, keys]) => keyEnds(host, keys, now)),
  ];
  return ends
    .map((one) => ({ ...one, state: stateAt(one.at, now) }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

export function stateAt(at: string, now: string): TrustExpiry['state'] {
  if (at <= now) return 'over';
  return at <= rfc3339(new Date(instantOf(now) + aheadDays * dayMs)) ? 'soon' : 'ahead';
}

type End = Omit<TrustExpiry, 'state'>;

function rootEnds({ name, tufRoot, staleAt }: SigstoreTrust): readonly End[] {
  return [
    ...(tufRoot === undefined
      ? []
      : [{ about: name, what: `TUF root ${tufRoot.version}`, at: tufRoot.expires }]),
    ...(staleAt === undefined ? [] : [{ about: name, what: 'confirmation (trust.maxAge)', at: staleAt }]),
  ];
}

interface Window {
  readonly kind: string;
  readonly name: string;
  readonly until: string | undefined;
}

function partEnds({ name, trustedRoot }: SigstoreTrust, now: string): readonly End[] {
  const windows = trustedRootParts(trustedRoot).map((part) => ({
    kind: part.kind,
    name: `${part.kind.replaceAll('-', ' ')} ${part.name}`,
    until: part.until,
  }));
  return endsOf(name, windows, now);
}

function keyEnds(host: string, keys: readonly RegistryKey[], now: string): readonly End[] {
  const windows = keys.flatMap(({ keyid, usages }) =>
    usages.map(({ usage, until }) => ({ kind: usage, name: `key ${keyid} for ${usage}`, until })),
  );
  return endsOf(host, windows, now);
}

function endsOf(about: string, windows: readonly Window[], now: string): readonly End[] {
  return windows.flatMap(({ kind, name, until }) => {
    if (until === undefined) return [];
    const isReplaced = windows.some(
      (one) => one.kind === kind && (one.until === undefined || one.until > now),
    );
    return until <= now && isReplaced ? [] : [{ about, what: name, at: until }];
  });
}
