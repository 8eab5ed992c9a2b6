/** What a collector is told of how a version was published: trust, attestations, history, and what a forge knows. */
import type { Collector, CollectorInput, NewDependency, Predecessor } from '../core/collector.ts';
import { isAssayError, messageOf } from '../core/errors.ts';
import type { Evidence } from '../core/evidence.ts';
import type { IndexVersion } from '../core/index-view.ts';
import type { JsonObject } from '../core/json.ts';
import type { Subject, UpstreamId } from '../core/subject.ts';
import { addedDependencies } from '../evidence/expectations/added-dependencies.ts';
import type { KnownIndex } from './indexes.ts';
import type { Rooms } from './rooms.ts';

/** What is assessed, without an artifact. */
export interface AssessmentRequest {
  readonly subject: Subject;
  readonly index: KnownIndex;
  readonly version: IndexVersion;
  readonly predecessor: Predecessor | undefined;
}

type PublicationInput = Pick<CollectorInput, 'trust' | 'attestations' | 'history' | 'forge'>;

/** Throws STORAGE_*. */
export async function publicationInput(
  rooms: Rooms,
  { subject, index, version, predecessor }: AssessmentRequest,
): Promise<PublicationInput> {
  const { view } = index;
  const predecessorManifest = await manifestIfListed(rooms, index, predecessor?.version);
  const [known, newDependencies] = await Promise.all([
    rooms.history.of({ subject, index: view, version, predecessorManifest }),
    newDependenciesOf(rooms, index, version.version, predecessorManifest),
  ]);
  const history = { ...known, newDependencies };
  if (version.publication.signatures > 0) await rooms.learnKeys?.(view.upstream);
  const expected = version.publication.attested || history.advertised.attestedAt !== undefined;
  const attestations = expected
    ? await rooms.attestations(view.upstream, view.name, version.version)
    : ({ state: 'not-advertised' } as const);
  return { trust: rooms.trust(), attestations, history, forge: undefined };
}

/** Undefined too when upstream deleted it since. */
async function manifestIfListed(
  rooms: Rooms,
  { view, body }: AssessmentRequest['index'],
  version: string | undefined,
): Promise<JsonObject | undefined> {
  if (version === undefined) return undefined;
  try {
    return await rooms.indexReader.manifest(view.upstream, view.name, body, version);
  } catch (error) {
    if (isAssayError(error, 'INDEX_VERSION_ABSENT')) return undefined;
    throw error;
  }
}

const mostNewDependencies = 20;

/**
 * What its index says of each dependency that is new: what came into the world for this release is what thefts bring along
 * (axios 2026). None of them can make an admission fail. An upstream with callers of its own is not asked for others.
 */
async function newDependenciesOf(
  rooms: Rooms,
  index: KnownIndex,
  version: string,
  before: JsonObject | undefined,
): Promise<readonly NewDependency[]> {
  if (before === undefined) return [];
  const now = await manifestIfListed(rooms, index, version);
  const names = now === undefined ? [] : addedDependencies(before, [now]).map(({ name }) => name);
  const { name: own, upstream } = index.view;
  const distinct = [...new Set(names)].filter((name) => name !== own).slice(0, mostNewDependencies);
  return Promise.all(distinct.map((name) => newDependency(rooms, upstream, name)));
}

async function newDependency(rooms: Rooms, own: UpstreamId, name: string): Promise<NewDependency> {
  const route = rooms.routeOf(name);
  if (route === undefined) return { name, state: 'not-checked', why: 'no upstream answers for it' };
  if (route.needsToken && route.upstream !== own)
    return { name, state: 'not-checked', why: 'it is for callers of another upstream' };
  try {
    const found = await rooms.indexes.look(route.upstream, name);
    if (found.state === 'absent' || found.gone) return { name, state: 'absent' };
    const absentAt = new Map(
      [...found.appearances].flatMap(([version, { absentAt: at }]) =>
        at === undefined ? [] : [[version, at]],
      ),
    );
    return { name, state: 'known', index: found.view, absentAt };
  } catch (error) {
    return { name, state: 'not-checked', why: messageOf(error) };
  }
}

/** Asked only about a commit that verified provenance names, and only for a collector that comes after it. */
export async function askForge(
  rooms: Rooms,
  { version, index }: CollectorInput,
  done: readonly Evidence[],
  ready: readonly Collector[],
): Promise<Partial<Pick<CollectorInput, 'forge'>>> {
  const provenance = done.find((one) => one.kind === 'provenance');
  const wanted = ready.some((collector) => collector.usesForge === true);
  if (!wanted || provenance?.result !== 'pass') return {};
  const repositoryUri = textFact(provenance, 'repository');
  const commit = textFact(provenance, 'commit');
  if (repositoryUri === undefined || commit === undefined) return {};
  const { version: text } = version;
  const usual = [`v${text}`, text, `${index.name}@${text}`, `${unscoped(index.name)}@${text}`];
  const tagNames = [...usual, ...ownTag(textFact(provenance, 'ref'))];
  const runUri = textFact(provenance, 'runUri');
  return { forge: await rooms.askForge({ repositoryUri, commit, runUri, tagNames: [...new Set(tagNames)] }) };
}

/** The tag it was built from, which may be named in another way. */
function ownTag(ref: string | undefined): readonly string[] {
  const prefix = 'refs/tags/';
  return ref?.startsWith(prefix) === true ? [ref.slice(prefix.length)] : [];
}

/** Will be otherwise soon: a run that has not ended, a forge that did not answer. Collected anew each time. */
export function isPassing(evidence: Evidence): boolean {
  return evidence.facts['passing'] === true;
}

function unscoped(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

function textFact({ facts }: Evidence, name: string): string | undefined {
  const value = facts[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
