/** Trust as the command line shows it. */
import { describeKey } from '../../core/algorithms.ts';
import type { RegistryKey, SigstoreTrust } from '../../core/trust.ts';
import { trustedRootParts } from '../../trust/trusted-root.ts';
import type { TrustAnswer, TrustHistory, TrustRefreshed } from '../control/trust-protocol.ts';
import type { Refreshed, Trust } from './open.ts';

export function trustShown(trust: Trust, at: string): TrustAnswer {
  const { digest, sigstore, registryKeys } = trust.current();
  return {
    digest,
    at,
    sigstore: sigstore.map(rootShown),
    registries: [...registryKeys].map(([host, keys]) => ({ host, keys: keys.map(keyShown) })),
    expiries: [...trust.expiries()],
    refreshed: trust
      .refreshed()
      .map(({ name, url, at: when, problem }) => ({ name, url, at: when, ...given({ problem }) })),
  };
}

function rootShown(root: SigstoreTrust): TrustAnswer['sigstore'][number] {
  const { name, source, tufRoot, confirmedAt, staleAt } = root;
  return {
    name,
    source,
    ...given({ tufRoot, confirmedAt, staleAt }),
    parts: trustedRootParts(root.trustedRoot).map(({ kind, name: part, key, from, until }) => ({
      what: `${kind.replaceAll('-', ' ')} ${part}${key === undefined ? '' : ` (${key})`}`,
      ...given({ from, until }),
    })),
  };
}

function keyShown({
  keyid,
  source,
  spki,
  usages,
}: RegistryKey): TrustAnswer['registries'][number]['keys'][number] {
  return {
    keyid,
    source,
    algorithm: describeKey(spki),
    uses: usages.map(({ usage, from, until }) => ({ what: usage, ...given({ from, until }) })),
  };
}

export function historyShown(trust: Trust): TrustHistory {
  return {
    changes: trust.history().map((change) => ({
      ...change,
      changes: [...change.changes],
      principal: change.principal.name,
    })),
  };
}

export function refreshedShown(trust: Trust, refreshed: readonly Refreshed[]): TrustRefreshed {
  return {
    digest: trust.current().digest,
    repositories: refreshed.map(({ name, url, outcome, problem }) => ({
      name,
      url,
      changes: [...(outcome?.changes ?? [])],
      refused: [...(outcome?.refused ?? [])],
      ...given({ problem }),
    })),
  };
}

/** Without the fields that are undefined, as JSON has none. */
function given<T extends object>(fields: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
