/** Which keys the gate serves at `/-/npm/v1/keys`, and from whom it has them. */
import type { TrustMaterial } from '../../core/trust.ts';
import { isAssayError } from '../../core/errors.ts';
import {
  keysDocument,
  ownServedKey,
  readServedKeys,
  servedKeyOf,
  type ServedKey,
} from '../../registries/npm/keys.ts';
import type { UpstreamSettings } from '../config/settings.ts';
import type { RegistryDocument } from './documents.ts';
import type { ReleaseKeys } from './release-signatures.ts';

interface KeyDeps {
  readonly upstreams: readonly UpstreamSettings[];
  readonly registryDocument: RegistryDocument;
  readonly trust: () => TrustMaterial;
  readonly own: Pick<ReleaseKeys, 'list'>;
}

/** `grants`: upstreams that the caller's token opens. Undefined when there is no key at all. */
export type RegistryKeysDocument = (
  grants: ReadonlySet<string>,
) => Promise<ReturnType<typeof keysDocument> | undefined>;

/**
 * Ours, and those of every upstream that the caller may ask, since their packages stand under one address: what is pinned
 * for its identity, with retired keys that a registry forgot, then what it serves itself. Nobody can give another key
 * under an id of ours, or of a pinned one. Throws UPSTREAM_* when the main upstream
 * cannot be asked and nothing is pinned for it, LEDGER_SIGNER_*.
 */
export function createRegistryKeysDocument(deps: KeyDeps): RegistryKeysDocument {
  return async (grants) => {
    const asked = deps.upstreams.filter((one) => !one.needsToken || grants.has(one.id));
    const lists = await Promise.all(asked.map((upstream) => keysOf(deps, upstream)));
    const own = (await deps.own.list()).map(ownServedKey);
    const all = [own, ...lists.map(({ pinned }) => pinned), ...lists.map(({ served }) => served)];
    return all.some((list) => list.length > 0) ? keysDocument(all) : undefined;
  };
}

interface KeysOfOne {
  readonly served: readonly ServedKey[];
  readonly pinned: readonly ServedKey[];
}

async function keysOf({ registryDocument, trust }: KeyDeps, upstream: UpstreamSettings): Promise<KeysOfOne> {
  const host = upstream.identityHost.toLowerCase();
  const pinned = (trust().registryKeys.get(host) ?? []).flatMap(servedKeyOf);
  try {
    const document = await registryDocument('-/npm/v1/keys', upstream.id);
    return { served: (document && readServedKeys(document)) ?? [], pinned };
  } catch (error) {
    const isOptional = pinned.length > 0 || upstream.scopes.length > 0;
    if (!isAssayError(error) || !isOptional) throw error;
    return { served: [], pinned };
  }
}
