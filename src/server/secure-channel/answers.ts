/**
 * npm's protocol on the Secure channel. Indexes and files come from builds alone; whether a version may be had at all is
 * decided by the same admission as on the main listener, of upstream's bytes, and first.
 */
import { AssayError } from '../../core/errors.ts';
import { npmError } from '../../registries/npm/answers.ts';
import {
  builtPackument,
  builtTags,
  builtVersion,
  type BuiltIndex,
  type IndexForm,
} from '../../registries/npm/built-index.ts';
import { keysDocument, ownServedKey } from '../../registries/npm/keys.ts';
import { newestFirst } from '../../registries/npm/order.ts';
import { npmRefusal } from '../../registries/npm/refusal.ts';
import type { NpmRequest } from '../../registries/npm/requests.ts';
import { sha256 } from '../../core/digest.ts';
import type { JsonObject } from '../../core/json.ts';
import { refusalOf } from '../answers/shown.ts';
import { baitUpstream } from '../bait.ts';
import type { Gate } from '../gate.ts';
import { etagMatches, jsonAnswer, type Answer } from '../gateway/answer.ts';
import type { Exchange } from '../gateway/exchange.ts';
import { answerFile } from '../gateway/files.ts';
import { answerNpm, routed } from '../gateway/npm.ts';
import type { Route } from '../routes.ts';
import { attestationDocument } from './documents.ts';
import { isServed, type MissingHere, type Offer } from './offer.ts';

type IndexRequest = Extract<NpmRequest, { kind: 'packument' | 'version' | 'dist-tags' }>;

/** Undefined when the answer was streamed. Throws AssayErrors, as `answerNpm`. */
export async function answerChannel(
  gate: Gate,
  exchange: Exchange,
  asked: NpmRequest,
): Promise<Answer | undefined> {
  switch (asked.kind) {
    case 'packument':
    case 'version':
    case 'dist-tags':
      return served(gate, exchange, asked, (route) => answerIndex(gate, exchange, route, asked));
    case 'tarball':
      return served(gate, exchange, asked, (route) => answerTarball(gate, exchange, route, asked));
    case 'attestations':
      return served(gate, exchange, asked, (route) => answerAttestations(gate, exchange, route, asked));
    case 'keys':
      // Of packages that come from the main listener, upstream's keys are asked for here too.
      if (gate.settings.secureChannel.missing === 'main') return answerNpm(gate, exchange, asked);
      return jsonAnswer(200, keysDocument([(await gate.releaseKeys.list()).map(ownServedKey)]));
    case 'ping':
    case 'root':
    case 'whoami':
    case 'audit-bulk':
    case 'audit-quick':
    case 'search':
    case 'write':
    case 'unknown':
    case 'malformed':
      return answerNpm(gate, exchange, asked);
    default:
      return asked satisfies never;
  }
}

/**
 * The bait is never built, and is refused here as it is on the main listener: who points a client at the channel wants to see
 * that. With `missing: main`, packages of which nothing is here are answered as there, under this address: npm 12 fetches no
 * file from another than its registry's.
 */
async function served(
  gate: Gate,
  exchange: Exchange,
  asked: Extract<NpmRequest, { name: string }>,
  work: (route: Route) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  return routed(gate, exchange, asked.name, async (route) =>
    route.upstream === baitUpstream || (await isLeftToMain(gate, exchange, asked.name, route))
      ? answerNpm(gate, exchange, asked)
      : work(route),
  );
}

async function isLeftToMain(
  { settings, secureChannel }: Gate,
  { caller }: Exchange,
  name: string,
  { upstream }: Route,
): Promise<boolean> {
  if (settings.secureChannel.missing !== 'main') return false;
  const offer = await secureChannel.offers.ofPackage(upstream, name, caller.principal);
  return offer === undefined || offer.served.length === 0;
}

async function answerIndex(
  gate: Gate,
  exchange: Exchange,
  { upstream }: Route,
  asked: IndexRequest,
): Promise<Answer> {
  const { name } = asked;
  const { request, caller, base } = exchange;
  const offer = await gate.secureChannel.offers.ofPackage(upstream, name, caller.principal);
  if (offer === undefined) return npmError({ kind: 'not-found', what: name });
  if (offer.served.length === 0) return nothingHere(asked, offer);
  const index: BuiltIndex = {
    name,
    versions: offer.served,
    missing: offer.missing,
    tags: Object.entries(offer.shelf.view.tags),
  };
  const form: IndexForm =
    asked.kind === 'packument' && prefersAbbreviated(request.headers.accept) ? 'abbreviated' : 'full';
  const document = documentOf(index, asked, form, base);
  if (document === undefined) return missingVersion(name, asked, offer);
  const body = Buffer.from(`${JSON.stringify(document)}\n`, 'utf8');
  const etag = `"${sha256(body).slice(0, 32)}"`;
  const notice = noticeOf(name, offer);
  const headers = {
    etag,
    'content-type': form === 'abbreviated' ? abbreviatedType : 'application/json',
    // Asked again every time: an approval that was taken back must be seen. npm prints a notice only of what it does not keep.
    'cache-control': notice === undefined ? 'private, no-cache' : 'no-store',
    vary: 'accept',
    ...(notice === undefined ? {} : { 'npm-notice': notice }),
  };
  if (etagMatches(request.headers['if-none-match'], etag))
    return { status: 304, headers, body: new Uint8Array() };
  return { status: 200, headers, body };
}

const abbreviatedType = 'application/vnd.npm.install-v1+json';

function prefersAbbreviated(accept: string | undefined): boolean {
  return (accept ?? '').slice(0, 1024).includes(abbreviatedType);
}

/** Undefined: the version that was asked for is not here. */
function documentOf(
  index: BuiltIndex,
  asked: IndexRequest,
  form: IndexForm,
  base: string,
): JsonObject | undefined {
  if (asked.kind === 'packument') return builtPackument(index, form, base);
  const tags = builtTags(index);
  if (asked.kind === 'dist-tags') return tags;
  const tagged = Object.hasOwn(tags, asked.selector) ? tags[asked.selector] : undefined;
  const version = index.versions.find((one) => one.version === (tagged ?? asked.selector));
  return version === undefined ? undefined : builtVersion(index.name, version, form, base);
}

/** One line for npm's user, where the version that they would have got is not here. */
function noticeOf(name: string, { shelf, missing }: Offer): string | undefined {
  const latest = Object.hasOwn(shelf.view.tags, 'latest') ? shelf.view.tags['latest'] : undefined;
  const gone = missing.find(({ version }) => version === latest);
  if (gone === undefined) return undefined;
  const answer = npmError({ kind: 'not-on-channel', what: `${name}@${gone.version}`, ...gone });
  return answer.headers['npm-notice'];
}

/** Nothing of the package: what was asked for says why, else the version that is nearest to being here. */
function nothingHere(asked: IndexRequest, offer: Offer): Answer {
  if (asked.kind === 'version') return missingVersion(asked.name, asked, offer);
  const { shelf, missing } = offer;
  const latest = Object.hasOwn(shelf.view.tags, 'latest') ? shelf.view.tags['latest'] : undefined;
  const newest = newestFirst(missing);
  const told =
    newest.find(({ isBuilt, isWithheld }) => isBuilt && !isWithheld) ??
    newest.find(({ version }) => version === latest) ??
    newest[0];
  return told === undefined ? npmError({ kind: 'not-found', what: asked.name }) : notHere(asked.name, told);
}

function missingVersion(name: string, asked: IndexRequest, { shelf, missing }: Offer): Answer {
  const selector = asked.kind === 'version' ? asked.selector : '';
  const version = Object.hasOwn(shelf.view.tags, selector) ? shelf.view.tags[selector] : selector;
  const told = missing.find((one) => one.version === version);
  return told === undefined
    ? npmError({ kind: 'not-found', what: `${name}@${selector}` })
    : notHere(name, told);
}

function notHere(name: string, { version, short, why, isWithheld }: MissingHere): Answer {
  const what = `${name}@${version}`;
  return isWithheld
    ? npmError({ kind: 'withheld', what, why })
    : npmError({ kind: 'not-on-channel', what, short, why });
}

async function answerTarball(
  gate: Gate,
  exchange: Exchange,
  { upstream }: Route,
  { name, file }: { readonly name: string; readonly file: string },
): Promise<Answer | undefined> {
  const { principal } = exchange.caller;
  const outcome = await gate.admission.admit({ upstream, name, file, principal });
  if (outcome.state === 'absent') return npmError({ kind: 'not-found', what: `${name}/-/${file}` });
  const { release } = outcome;
  gate.metrics.decision(release.decision.outcome);
  // Without a version to use instead: the one that the main listener recommends may not be here.
  if (outcome.state === 'refused')
    return npmRefusal(refusalOf(release.decision, release.version, { base: exchange.base }));
  const { purl } = release.subject;
  const built = await gate.secureChannel.offers.ofVersion(purl, outcome.artifact.sha256);
  if (!isServed(built))
    return npmError({ kind: 'not-on-channel', what: `${name}@${release.version}`, ...built });
  return answerFile(gate, exchange, { state: 'allowed', release, artifact: built.digests }, () =>
    Promise.reject(
      new AssayError('BLOB_MISSING', `the built file of ${purl} is lost or damaged: assay rebuild ${purl}`),
    ),
  );
}

async function answerAttestations(
  gate: Gate,
  { caller }: Exchange,
  { upstream }: Route,
  { name, version }: { readonly name: string; readonly version: string },
): Promise<Answer> {
  const what = `${name}@${version}`;
  const offer = await gate.secureChannel.offers.ofPackage(upstream, name, caller.principal);
  const here = offer?.served.find((one) => one.version === version);
  const build = here === undefined ? undefined : await gate.storage.builds.byId(here.proof.build);
  if (build === undefined) return npmError({ kind: 'no-attestations', what });
  return jsonAnswer(200, await attestationDocument(gate.storage.blobs, build));
}
