/**
 * The trust that comes with the program: the seeds of `@sigstore/tuf`, which its maintainers take from the TUF
 * repository of Sigstore's public instance. No host stands here: the repository's address and the identity hosts of the
 * registries are names in that file.
 */
import seedsFile from '@sigstore/tuf/seeds.json' with { type: 'json' };
import { isJsonObject, ownObject, ownString, type JsonObject } from '../core/json.ts';
import type { RegistryKey, TrustMaterial } from '../core/trust.ts';
import { makeMaterial } from './material.ts';
import { parseRegistryKeys } from './npm-keys.ts';
import { invalid, readDocument } from './reading.ts';
import { parseTufRoot, type TufRoot } from './tuf-root.ts';
import { trustedRootParts } from './trusted-root.ts';

export interface Seed {
  /** Base URL of the TUF repository, as the seeds have it. */
  readonly url: string;
  readonly root: TufRoot;
  readonly rootBytes: Uint8Array;
  /** Name of a target → its bytes. */
  readonly targets: ReadonlyMap<string, Uint8Array>;
}

/** The name that Sigstore's public instance has here. */
export const publicGood = 'public-good';
export const trustedRootTarget = 'trusted_root.json';
const keysTarget = /^([a-z0-9.-]{1,253}(?::[0-9]{1,5})?)\/keys\.json$/;

/** The identity host whose keys a TUF target holds; undefined for any other target. */
export function hostOfTarget(target: string): string | undefined {
  return keysTarget.exec(target)?.[1];
}

/** Throws TRUST_INVALID for a seeds file that is not one. */
export function pinnedSeed(): Seed {
  const seeds: unknown = seedsFile;
  const [url, seed] = isJsonObject(seeds) ? (Object.entries(seeds)[0] ?? []) : [];
  const encoded = isJsonObject(seed) ? ownString(seed, 'root.json') : undefined;
  const targets = isJsonObject(seed) ? ownObject(seed, 'targets') : undefined;
  if (url === undefined || encoded === undefined || targets === undefined)
    throw invalid('the seeds', 'are not in the form of this version');
  const rootBytes = Buffer.from(encoded, 'base64');
  return {
    url,
    rootBytes,
    root: parseTufRoot(rootBytes),
    targets: new Map(
      Object.keys(targets).map((name) => [
        decodeURIComponent(name),
        Buffer.from(ownString(targets, name) ?? '', 'base64'),
      ]),
    ),
  };
}

/** What is trusted before anything was refreshed, imported or configured. */
export function pinnedTrust(): TrustMaterial {
  const { root, targets } = pinnedSeed();
  const sigstore = targets.get(trustedRootTarget);
  if (sigstore === undefined) throw invalid('the seeds', 'have no trusted root');
  const trustedRoot = readTrustedRoot(sigstore);
  const registryKeys = new Map<string, readonly RegistryKey[]>();
  for (const [name, bytes] of targets) {
    const host = hostOfTarget(name);
    if (host !== undefined) registryKeys.set(host, parseRegistryKeys(readDocument(bytes), 'pinned'));
  }
  const tufRoot = { version: root.version, expires: root.expires };
  return makeMaterial({
    sigstore: [
      {
        name: publicGood,
        trustedRoot,
        source: 'pinned',
        tufRoot,
        confirmedAt: undefined,
        staleAt: undefined,
      },
    ],
    registryKeys,
  });
}

/** Throws TRUST_INVALID. */
export function readTrustedRoot(bytes: Uint8Array): JsonObject {
  const document = readDocument(bytes);
  trustedRootParts(document);
  return document;
}
