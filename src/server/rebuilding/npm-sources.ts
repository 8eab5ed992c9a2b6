/** Where the sources of npm packages are looked for: what a person corrected, git, and archives that Debian vouches for. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewAlarm } from '../../admission/deps.ts';
import type { CommitFinding } from '../../core/commits.ts';
import { AssayError } from '../../core/errors.ts';
import { parsePurl, formatPurl } from '../../core/purl.ts';
import type { FoundSource } from '../../core/rebuild.ts';
import { gateItself } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import { makeSourceEvent } from '../../ledger/source-event.ts';
import { correctionFile, readCorrection, type Correction } from '../../rebuild/recipe/document.ts';
import { defaultSuite } from '../../rebuild/recipe/base.ts';
import type { Dial, SourceDeps } from '../../rebuild/source/deps.ts';
import { findNamedSource, findSource } from '../../rebuild/source/find.ts';
import { sandboxedGit, type SshIdentity } from '../../rebuild/source/git/git-sandbox.ts';
import type { MovedTag, NamedSource, SourceSearch } from '../../rebuild/source/types.ts';
import type { Storage } from '../../storage/open.ts';
import { earlierSource } from './earlier-source.ts';
import type { NpmTarget } from './npm-target.ts';
import type { Workshop } from './workshop.ts';

export interface NpmSourcesDeps {
  readonly storage: Pick<Storage, 'blobs' | 'sources' | 'admission' | 'builds'>;
  readonly forge: SourceDeps['forge'];
  readonly files: SourceDeps['files'];
  readonly archives: SourceDeps['archives'];
  readonly dial: Dial;
  /** Certificates (PEM) of the operator's own authorities. */
  readonly authorities?: string | undefined;
  /** For `ssh:` sources of recipes. */
  readonly ssh?: SshIdentity | undefined;
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
  const earlier = await earlierSource(deps.storage, target);
  const options = { signal, ...(earlier === undefined ? {} : { earlier }) };
  const search =
    named === undefined
      ? await findSource(sources, target.release, options)
      : await findNamedSource(sources, target.release, named, options);
  for (const moved of search.movedTags) await deps.storage.admission.raiseAlarm(alarmOf(deps, target, moved));
  const rewritten = search.state === 'found' ? rewrittenIn(search.found) : undefined;
  if (rewritten !== undefined)
    await deps.storage.admission.raiseAlarm(alarmOfRewritten(deps, target, rewritten));
  return search;
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

/** What is said of it, where history was rewritten since the version before. */
function rewrittenIn({ commits }: FoundSource): CommitFinding | undefined {
  if (commits?.state !== 'listed' || commits.lineage !== 'rewritten') return undefined;
  return commits.findings.find(({ rule }) => rule === 'history-rewritten');
}

function alarmOfRewritten(
  { clock }: NpmSourcesDeps,
  { purl }: NpmTarget,
  { message, commit = '' }: CommitFinding,
): NewAlarm {
  return {
    kind: 'source-changed',
    severity: 'critical',
    about: purl,
    message: `The history of its source was rewritten. ${message}`,
    data: { commit },
    at: rfc3339(clock()),
  };
}

function namedIn(correction: Correction | undefined): NamedSource | undefined {
  const source = correction?.source;
  return source === undefined ? undefined : { ...source, directory: source.directory };
}

function sourceDeps(deps: NpmSourcesDeps, target: NpmTarget, shop: Workshop): SourceDeps {
  const { storage, forge, files, archives, dial, authorities, ssh } = deps;
  return {
    git: sandboxedGit({
      sandbox: shop.sandbox,
      base: (packages) => shop.base(packages, defaultSuite),
      dial,
      ...(authorities === undefined ? {} : { authorities }),
      ...(ssh === undefined ? {} : { ssh }),
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
