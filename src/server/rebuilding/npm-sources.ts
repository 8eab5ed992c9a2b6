/** Where the sources of npm packages are looked for: what a person corrected, git, and archives that Debian vouches for. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewAlarm } from '../../admission/deps.ts';
import { AssayError } from '../../core/errors.ts';
import { parsePurl, formatPurl } from '../../core/purl.ts';
import { gateItself } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import { makeSourceEvent } from '../../ledger/source-event.ts';
import { orderOf } from '../../advisories/versions/orders.ts';
import { correctionFile, readCorrection, type Correction } from '../../rebuild/recipe/document.ts';
import { defaultSuite } from '../../rebuild/recipe/base.ts';
import type { Dial, SourceDeps } from '../../rebuild/source/deps.ts';
import { findNamedSource, findSource, type FindOptions } from '../../rebuild/source/find.ts';
import { sandboxedGit } from '../../rebuild/source/git/git-sandbox.ts';
import type { MovedTag, NamedSource, SourceSearch } from '../../rebuild/source/types.ts';
import type { Storage } from '../../storage/open.ts';
import type { NpmTarget } from './npm-target.ts';
import { recordFrom } from './summary.ts';
import type { Workshop } from './workshop.ts';

export interface NpmSourcesDeps {
  readonly storage: Pick<Storage, 'blobs' | 'sources' | 'admission' | 'builds'>;
  readonly forge: SourceDeps['forge'];
  readonly files: SourceDeps['files'];
  readonly archives: SourceDeps['archives'];
  readonly dial: Dial;
  /** Certificates (PEM) of the operator's own authorities. */
  readonly authorities?: string | undefined;
  readonly clock: Clock;
  /** Folder with corrections. */
  readonly recipes: string;
}

const maxRecipeBytes = 256 * 1024;

/** The one given with the question, else the one for the version, else the one for all. Throws RECIPE_INVALID. */
export async function correctionFor(
  { recipes }: Pick<NpmSourcesDeps, 'recipes'>,
  { purl }: Pick<NpmTarget, 'purl'>,
  given: string | undefined,
): Promise<Correction | undefined> {
  if (given !== undefined) return forPackage(readCorrection(given), purl);
  const { ecosystem, name } = parsePurl(purl);
  for (const one of [purl, formatPurl(ecosystem, name)]) {
    const text = await textOf(join(recipes, correctionFile(one)));
    if (text !== undefined) return forPackage(readCorrection(text), purl);
  }
  return undefined;
}

function forPackage(correction: Correction, purl: NpmTarget['purl']): Correction {
  const [to, of] = [parsePurl(correction.purl), parsePurl(purl)];
  if (to.name === of.name && (to.version === undefined || to.version === of.version)) return correction;
  throw new AssayError('RECIPE_INVALID', `the recipe is for ${correction.purl}, not for ${purl}`);
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > maxRecipeBytes) throw new AssayError('RECIPE_INVALID', `${path} is too large`);
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws STORAGE_*; what a repository or host does is told in the search. */
export async function findNpmSource(
  deps: NpmSourcesDeps,
  target: NpmTarget,
  shop: Workshop,
  correction: Correction | undefined,
  signal: AbortSignal,
): Promise<SourceSearch> {
  const sources = sourceDeps(deps, target, shop);
  const named = namedIn(correction);
  const earlier = await earlierSource(deps, target);
  const options = { signal, ...(earlier === undefined ? {} : { earlier }) };
  const search =
    named === undefined
      ? await findSource(sources, target.release, options)
      : await findNamedSource(sources, target.release, named, options);
  for (const moved of search.movedTags) await deps.storage.admission.raiseAlarm(alarmOf(deps, target, moved));
  return search;
}

const buildsLookedAt = 200;

/** The newest version before this one that was admitted here, else that was built. Throws STORAGE_*. */
async function earlierSource(
  { storage }: NpmSourcesDeps,
  { purl, upstream }: NpmTarget,
): Promise<FindOptions['earlier']> {
  const { ecosystem, name, version = '' } = parsePurl(purl);
  const { compare } = orderOf(ecosystem);
  const newest = (versions: Iterable<string>): string | undefined =>
    [...versions]
      .filter((other) => compare(other, version) < 0)
      .sort(compare)
      .at(-1);
  const found = new Map<string, NonNullable<FindOptions['earlier']>['found']>();
  for (const { purl: of, summary } of await storage.builds.ofPackage(ecosystem, name, buildsLookedAt)) {
    const { version: other = '' } = parsePurl(of);
    const source = recordFrom(summary).source;
    // A commit that nothing led to then says nothing by not being led to now.
    if (source?.source.kind !== 'git' || source.reachable === 'no') continue;
    const { url: repository, commit } = source.source;
    const newer = found.get(other);
    // The newest build names the commit; the oldest knows best which branches led to it, before anything was moved.
    if (newer === undefined) found.set(other, { repository, commit, branches: source.branches });
    else if (newer.commit === commit && source.branches !== undefined)
      found.set(other, { ...newer, branches: source.branches });
  }
  const releases = await storage.admission.releasesOf(upstream, name);
  const admitted = newest(releases.flatMap((one) => (one.admittedAt === undefined ? [] : [one.version])));
  const before = admitted ?? newest(found.keys());
  if (before === undefined) return undefined;
  return { version: before, admitted: admitted !== undefined, found: found.get(before) };
}

function alarmOf({ clock }: NpmSourcesDeps, { purl }: NpmTarget, moved: MovedTag): NewAlarm {
  const { repository, tag, firstCommit, firstSeenAt, commit } = moved;
  return {
    kind: 'source-changed',
    severity: 'critical',
    about: purl,
    message: `Tag ${tag} of ${repository} was moved: it was ${firstCommit.slice(0, 12)}, now it is ${commit.slice(0, 12)}.`,
    data: { repository, tag, firstCommit, firstSeenAt, commit },
    at: rfc3339(clock()),
  };
}

function namedIn(correction: Correction | undefined): NamedSource | undefined {
  const source = correction?.source;
  return source === undefined ? undefined : { ...source, directory: source.directory };
}

function sourceDeps(deps: NpmSourcesDeps, target: NpmTarget, shop: Workshop): SourceDeps {
  const { storage, forge, files, archives, dial, authorities } = deps;
  return {
    git: sandboxedGit({
      sandbox: shop.sandbox,
      base: (packages) => shop.base(packages, defaultSuite),
      dial,
      ...(authorities === undefined ? {} : { authorities }),
    }),
    blobs: storage.blobs,
    files,
    forge,
    archives,
    tags: { seen: (repository, commits) => seenTags(deps, target, repository, commits) },
  };
}

/** By the same key as those that provenance led to (`admission/tag-sightings.ts`); each first sight is an entry of the ledger. */
function seenTags(
  { storage, clock }: NpmSourcesDeps,
  target: NpmTarget,
  repository: string,
  commits: Readonly<Record<string, string>>,
): ReturnType<SourceDeps['tags']['seen']> {
  const { ecosystem, name } = parsePurl(target.purl);
  const purl = formatPurl(ecosystem, name);
  const [key, at] = [repository.toLowerCase(), rfc3339(clock())];
  return storage.sources.seeTags({ purl, repository: key, commits, at }, (tags, previousEventId) =>
    makeSourceEvent({
      eventId: newEventId(randomBytes),
      purl,
      change: { action: 'tags', repository: key, tags },
      principal: gateItself,
      time: at,
      previousEventId,
      randomBytes,
    }),
  );
}
