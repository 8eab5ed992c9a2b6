/** The index of one package as a client sees it: steered, validated by ETag, announced when steered. */
import type { Shelf } from '../../admission/shelf.ts';
import type { HiddenVersion } from '../../admission/visibility.ts';
import { npmError } from '../../registries/npm/answers.ts';
import { npmNotice, restrictionMessage, type Withheld } from '../../registries/npm/notice.ts';
import { compareVersions } from '../../registries/npm/order.ts';
import type { RenderPlan } from '../../registries/npm/render-plan.ts';
import { steerTags, type SteeredTags } from '../../registries/npm/tags.ts';
import type { Gate } from '../gate.ts';
import type { OwnSignatures } from '../beside-index/release-signatures.ts';
import type { Route } from '../routes.ts';
import type { RenderWhat } from '../workers/index-jobs.ts';
import { acceptsGzip, etagMatches, type Answer } from './answer.ts';
import { sendInflated } from './bodies.ts';
import type { Exchange } from './exchange.ts';
import { sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';

export type IndexQuestion =
  | { readonly kind: 'packument'; readonly name: string }
  | { readonly kind: 'version'; readonly name: string; readonly selector: string }
  | { readonly kind: 'dist-tags'; readonly name: string };

/** A client may use an index this long without asking again; the file route enforces in any case. */
const clientFreshSeconds = 60;
const abbreviatedType = 'application/vnd.npm.install-v1+json';

/** Undefined when the answer was streamed. */
export async function answerIndex(
  gate: Gate,
  exchange: Exchange,
  { upstream, needsToken }: Route,
  asked: IndexQuestion,
): Promise<Answer | undefined> {
  const { name } = asked;
  const { request, response, caller, base } = exchange;
  const shelf = await gate.shelves.show({ upstream, name, principal: caller.principal });
  if (shelf === undefined) return npmError({ kind: 'not-found', what: name });
  // After the shelf: a refusal that came in between takes its signature with it.
  const signed = await gate.releaseSignatures.of(upstream, name);
  const what = whatOf(asked, request.headers.accept);
  const shape = JSON.stringify([shelf.digest, signed.digest, what, base]);
  const etag = `W/"${sha256(shape).slice(0, 32)}"`;
  const { steered, withheld, notice } = steeringOf(name, shelf);
  const headers: Record<string, string> = {
    etag,
    'content-type': what.kind === 'abbreviated' ? abbreviatedType : 'application/json',
    'cache-control': cacheControl(gate, shelf, needsToken, notice),
    vary: 'accept, accept-encoding',
    ...(notice === undefined ? {} : { 'npm-notice': notice }),
  };
  if (etagMatches(request.headers['if-none-match'], etag))
    return { status: 304, headers, body: new Uint8Array() };
  const rendered = await gate.bodies.get(`${upstream} ${name} ${etag}`, async () => {
    const plan = planOf(name, { shelf, steered, withheld, signed: signed.list });
    const ownKeyids = await keyidsOf(gate);
    return gate.indexes.render({ upstream, name, body: shelf.body }, { ...plan, ownKeyids }, what, base);
  });
  const { gzip, lastModified, sizeBytes } = rendered;
  if (gzip === undefined) return missingVersion(name, asked, shelf);
  if (lastModified !== undefined) headers['last-modified'] = lastModified;
  if (!acceptsGzip(request.headers['accept-encoding'])) {
    if (request.method === 'HEAD') return { status: 200, headers, body: new Uint8Array(), length: sizeBytes };
    response.writeHead(200, { ...headers, 'content-length': String(sizeBytes) });
    await sendInflated(gzip, response);
    return undefined;
  }
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzip };
}

/** Where the ledger's signer was away since the start no key of ours is served either. */
async function keyidsOf({ releaseKeys }: Gate): Promise<readonly string[]> {
  try {
    return (await releaseKeys.list()).map(({ keyid }) => keyid);
  } catch (error) {
    if (isAssayError(error)) return [];
    throw error;
  }
}

interface Steering {
  readonly steered: SteeredTags;
  /** Newest first. */
  readonly withheld: readonly Withheld[];
  readonly notice: string | undefined;
}

/** Worked out once for each shelf: comparing thousands of versions takes milliseconds. */
const steerings = new WeakMap<Shelf, Steering>();

function steeringOf(name: string, shelf: Shelf): Steering {
  const known = steerings.get(shelf);
  if (known !== undefined) return known;
  const steered = steerTags(Object.entries(shelf.view.tags), standing(shelf));
  const withheld = newestFirst(shelf.hidden);
  const made = { steered, withheld, notice: npmNotice(name, steered.moves, withheld) };
  steerings.set(shelf, made);
  return made;
}

function whatOf(asked: IndexQuestion, accept: string | undefined): RenderWhat {
  if (asked.kind === 'version') return { kind: 'version', selector: asked.selector };
  if (asked.kind === 'dist-tags') return { kind: 'dist-tags' };
  return { kind: prefersAbbreviated(accept) ? 'abbreviated' : 'full' };
}

/** Clients that can do with the short form name it first, with the long one at a lower `q`. */
function prefersAbbreviated(accept: string | undefined): boolean {
  return (accept ?? '').slice(0, 1024).includes(abbreviatedType);
}

/** npm prints the notice only of an answer that it does not keep, so that one may not be kept. */
function cacheControl(gate: Gate, shelf: Shelf, needsToken: boolean, notice: string | undefined): string {
  if (notice !== undefined) return 'no-store';
  const left = (Date.parse(shelf.validUntil) - gate.clock().getTime()) / 1000;
  const seconds = Math.max(0, Math.min(clientFreshSeconds, Math.floor(left)));
  return `${needsToken ? 'private' : 'public'}, max-age=${seconds}`;
}

/** Upstream's versions that stand; one that is only kept is never tagged. */
function standing(shelf: Shelf): ReadonlySet<string> {
  if (shelf.gone) return new Set();
  const listed = new Set(shelf.view.versions.map((version) => version.version));
  for (const hidden of shelf.hidden) listed.delete(hidden.version);
  return listed;
}

interface Shown {
  readonly shelf: Shelf;
  readonly steered: SteeredTags;
  readonly withheld: readonly Withheld[];
  readonly signed: OwnSignatures['list'];
}

function planOf(name: string, { shelf, steered, withheld, signed }: Shown): RenderPlan {
  const versions = withheld.map((one) => one.version);
  const message = restrictionMessage(name, withheld, steered.moves);
  return {
    hidden: versions,
    kept: shelf.kept,
    signed,
    restrictions: withheld.length === 0 ? undefined : { message, versions },
    gone: shelf.gone,
  };
}

function newestFirst(hidden: readonly HiddenVersion[]): readonly Withheld[] {
  return [...hidden].sort((a, b) => compareVersions(b.version, a.version));
}

/** A version that is hidden is refused with its reason; one that upstream never had is not found. */
function missingVersion(name: string, asked: IndexQuestion, shelf: Shelf): Answer {
  const selector = asked.kind === 'version' ? asked.selector : '';
  const version = shelf.view.tags[selector] ?? selector;
  const hidden = shelf.hidden.find((one) => one.version === version);
  if (hidden === undefined) return npmError({ kind: 'not-found', what: `${name}@${selector}` });
  return npmError({ kind: 'withheld', what: `${name}@${version}`, why: hidden.why });
}
