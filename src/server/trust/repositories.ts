/** The TUF repositories that trust is refreshed from, each with its folder and the root to start from. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import {
  hostOfTarget,
  pinnedSeed,
  publicGood,
  readTrustedRoot,
  trustedRootTarget,
} from '../../trust/pinned.ts';
import { parseRegistryKeys } from '../../trust/npm-keys.ts';
import type { Offer } from '../../trust/offer.ts';
import { readDocument } from '../../trust/reading.ts';
import { parseTufRoot, type TufRoot } from '../../trust/tuf-root.ts';
import { refreshFromTuf, type TufAnswer, type TufDeps } from '../../trust/tuf.ts';
import type { Settings } from '../config/settings.ts';

export interface TufPlace {
  readonly name: string;
  readonly url: string;
  readonly directory: string;
  readonly rootFile: string | undefined;
}

/** As configured, or the one whose root comes with the program. */
export function tufPlaces({
  trust,
  dataDirectory,
}: Pick<Settings, 'trust' | 'dataDirectory'>): readonly TufPlace[] {
  const configured = trust.tuf ?? [{ name: publicGood, url: pinnedSeed().url, rootFile: undefined }];
  return configured.map((one) => ({ ...one, directory: tufDirectory(dataDirectory, one.name) }));
}

export function tufDirectory(dataDirectory: string, name: string): string {
  return join(dataDirectory, 'trust', name);
}

/** Asks one repository. Throws TRUST_TUF_*, TRUST_INVALID, CONFIG_UNREADABLE for a root file that cannot be read. */
export async function offerOf(
  place: TufPlace,
  identityHosts: readonly string[],
  deps: TufDeps,
): Promise<Offer> {
  const targets = [trustedRootTarget, ...identityHosts.map((host) => `${host}/keys.json`)];
  const { url, directory } = place;
  const root = await rootOf(place);
  return offerFrom(place.name, await refreshFromTuf({ url, directory, root, targets }, deps));
}

/** What the program or the configuration brings: TUF starts from nothing older. Throws CONFIG_UNREADABLE, TRUST_INVALID. */
export async function broughtRoot(place: TufPlace): Promise<TufRoot | undefined> {
  const bytes = await rootOf(place);
  return bytes === undefined ? undefined : parseTufRoot(bytes);
}

async function rootOf({ name, rootFile }: TufPlace): Promise<Uint8Array | undefined> {
  if (rootFile === undefined) return name === publicGood ? pinnedSeed().rootBytes : undefined;
  try {
    return await readFile(rootFile);
  } catch (cause) {
    throw new AssayError(
      'CONFIG_UNREADABLE',
      `the TUF root ${rootFile} cannot be read: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

function offerFrom(name: string, { root, targets }: TufAnswer): Offer {
  const trustedRoot = targets.get(trustedRootTarget);
  return {
    source: 'tuf',
    roots:
      trustedRoot === undefined ? [] : [{ name, trustedRoot: readTrustedRoot(trustedRoot), tufRoot: root }],
    keys: [...targets].flatMap(([target, bytes]) => {
      const host = hostOfTarget(target);
      return host === undefined ? [] : [{ host, keys: parseRegistryKeys(readDocument(bytes), 'tuf') }];
    }),
  };
}
