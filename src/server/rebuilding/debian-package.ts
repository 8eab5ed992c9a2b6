/** Which binary package of Debian is meant, and where its source is: in the suite itself, or in its updates. */
import { debianOrder } from '../../advisories/versions/debian.ts';
import type { Sha256 } from '../../core/digest.ts';
import { isAssayError, messageOf } from '../../core/errors.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { FoundSource } from '../../core/rebuild.ts';
import type { Suite } from '../../rebuild/debian/archive.ts';
import { binariesNamed, findBinary, type BinaryPackage } from '../../rebuild/debian/binary-package.ts';
import type { BaseSuites } from '../../rebuild/debian/bases.ts';
import { fetchSource, findSourcePackage, foundSource } from '../../rebuild/debian/source-package.ts';
import type { DebianSuites } from './debian-suites.ts';

export interface DebianPackageNeeds {
  readonly suites: Pick<DebianSuites, 'open'>;
  /** Codename. */
  readonly suite: string;
}

export interface DebianPackage {
  readonly purl: Purl;
  readonly suite: Suite;
  readonly binary: BinaryPackage;
  /** What a base for it is made of: with updates, what they update too. */
  readonly baseSuites: BaseSuites;
  /** Sentences: which suites could not be looked into. */
  readonly unread: readonly string[];
}

/**
 * The version that is asked for, else the newest of the suite, its updates and its security updates. Throws PURL_INVALID,
 * DEBIAN_*, SOURCE_UNREADABLE, UPSTREAM_*, STORAGE_*: what is signed badly or too old is never passed over in silence.
 */
export async function findDebianPackage(needs: DebianPackageNeeds, purl: Purl): Promise<DebianPackage> {
  const { name, version } = parsePurl(purl);
  const main = await needs.suites.open(needs.suite);
  const { opened, unread } = await openUpdates(needs);
  let best: { readonly suite: Suite; readonly binary: BinaryPackage } | undefined;
  for (const suite of [main, ...opened])
    for (const binary of await binariesNamed(suite, name)) {
      if (version !== undefined && binary.version !== version) continue;
      if (best === undefined || debianOrder.compare(binary.version, best.binary.version) > 0)
        best = { suite, binary };
    }
  // Where there is none: the error that says which there are.
  best ??= { suite: main, binary: await findBinary(main, name, version) };
  return {
    purl: formatPurl('debian', name, best.binary.version),
    ...best,
    baseSuites: best.suite === main ? [main] : [main, best.suite],
    unread,
  };
}

/** A machine whose apt has none of them, or that cannot reach them, builds what the suite itself has. */
async function openUpdates({
  suites,
  suite,
}: DebianPackageNeeds): Promise<{ readonly opened: readonly Suite[]; readonly unread: readonly string[] }> {
  const opened: Suite[] = [];
  const unread: string[] = [];
  for (const name of [`${suite}-updates`, `${suite}-security`])
    try {
      opened.push(await suites.open(name));
    } catch (error) {
      if (!isAssayError(error) || !/^(?:SOURCE_UNREADABLE|UPSTREAM_)/.test(error.code)) throw error;
      unread.push(`${name} was not looked into: ${messageOf(error)}.`);
    }
  return { opened, unread };
}

/**
 * The source of a package as a build would take it: every file verified, and kept. `kept`: its `.dsc`, which names the others. Throws as {@link findDebianPackage} does.
 */
export async function findDebianSource(
  needs: DebianPackageNeeds,
  asked: Purl,
): Promise<{ readonly purl: Purl; readonly found: FoundSource; readonly kept: Sha256 }> {
  const { purl, suite, binary, unread } = await findDebianPackage(needs, asked);
  const source = await findSourcePackage(suite, binary.source.name, binary.source.version);
  await fetchSource(suite, source);
  const found = foundSource(suite, binary, source);
  return { purl, found: { ...found, because: [...found.because, ...unread] }, kept: source.dsc };
}
