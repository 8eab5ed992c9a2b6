/**
 * Every other answer in words. Statuses are chosen so that clients print them and do not retry: npm retries
 * 408, 420, 429 and 5xx except on POST; pnpm ≤ 11 retries everything but 401, 403 and 404 on tarballs.
 */
import { forHeader, forTerminal } from '../../core/encode.ts';
import type { Principal } from '../../core/subject.ts';
import { jsonAnswer, rawJsonAnswer, type HttpAnswer } from './http-answer.ts';
import type { WriteKind } from './requests.ts';

export type NpmProblem =
  /** Upstream does not have it: `what` names it, for example `left-pad@9.9.9`. */
  | { readonly kind: 'not-found'; readonly what: string }
  /** The version is there and the index hides it: 403 as for the file itself, without a case of its own. */
  | { readonly kind: 'withheld'; readonly what: string; readonly why: string }
  /** Not among what was built here: `short` is for the reason phrase, `why` says what to do. */
  | { readonly kind: 'not-on-channel'; readonly what: string; readonly short: string; readonly why: string }
  /** Upstream can't be asked, and nothing verified is here to serve. */
  | {
      readonly kind: 'upstream-down';
      readonly what: string;
      readonly why: string;
      readonly retryAfterSeconds: number;
    }
  /** The gate itself can't answer now: busy, disk full, a reader that died. */
  | { readonly kind: 'not-now'; readonly why: string; readonly retryAfterSeconds: number }
  | { readonly kind: 'search' }
  | { readonly kind: 'write'; readonly what: WriteKind }
  /** `why`: what is wrong with the feed; absent when there is none. */
  | { readonly kind: 'audit'; readonly why?: string }
  | { readonly kind: 'no-keys' }
  | { readonly kind: 'no-attestations'; readonly what: string }
  | { readonly kind: 'unknown' }
  /** No token, or one that is not valid (any more). */
  | { readonly kind: 'unauthorized'; readonly why: string }
  | { readonly kind: 'malformed'; readonly why: string }
  | { readonly kind: 'host-not-allowed'; readonly host: string };

export function npmError(problem: NpmProblem): HttpAnswer {
  switch (problem.kind) {
    case 'not-found':
      return failure(404, 'Not Found', `${problem.what} is not in the upstream registry`);
    case 'withheld':
      return failure(
        403,
        `Withheld ${problem.what}: assay explain ${problem.what}`,
        `${problem.what} is withheld: ${problem.why}`,
      );
    case 'not-on-channel':
      return failure(
        404,
        `Not on the Secure channel: ${problem.what}: ${problem.short}`,
        `${problem.what} is not on the Secure channel, which serves only what was built here: ${problem.why}`,
        { 'npm-notice': forHeader(`assay: not on the Secure channel: ${problem.what}: ${problem.why}`, 240) },
      );
    case 'upstream-down':
      return later(
        `Upstream registry unavailable`,
        `${problem.what}: ${problem.why}`,
        problem.retryAfterSeconds,
      );
    case 'not-now':
      return later('Assay cannot answer now', problem.why, problem.retryAfterSeconds);
    case 'search':
      return notHere('search', 'Assay has no search yet; look packages up where they are published');
    case 'write':
      return write(problem.what);
    case 'audit':
      // An empty answer would print "found 0 vulnerabilities". As a POST it is not retried.
      if (problem.why !== undefined)
        return failure(
          501,
          'The advisory feed cannot be relied on',
          `${problem.why}, so nothing was checked for known vulnerabilities`,
        );
      return failure(
        501,
        'No advisory feed is loaded',
        'Assay has no advisory feed loaded, so nothing was checked for known vulnerabilities',
      );
    case 'no-keys':
      // npm takes 404 as "this registry has no keys" and then fails an audit that verified nothing.
      return failure(404, 'Not Found', 'the upstream registry offers no signing keys');
    case 'no-attestations':
      return failure(404, 'Not Found', `no attestations of ${problem.what} are offered here`);
    case 'unknown':
      return failure(404, 'Not Found', 'Assay has nothing at this address');
    case 'unauthorized':
      return unauthorized(problem.why);
    case 'malformed':
      return failure(400, `Malformed request: ${problem.why}`, `malformed request: ${problem.why}`);
    case 'host-not-allowed':
      return failure(
        421,
        'Host not allowed',
        `this gate does not answer for the host ${problem.host}; add it to allowedHosts if it should`,
      );
  }
}

export function pingAnswer(): HttpAnswer {
  return jsonAnswer(200, 'OK', {});
}

export function whoamiAnswer(principal: Principal): HttpAnswer {
  return jsonAnswer(200, 'OK', { username: principal.name });
}

/** Upstream's answer as it came, already known to be JSON. */
export function documentAnswer(document: Uint8Array): HttpAnswer {
  return rawJsonAnswer(200, 'OK', document);
}

const writeTexts: Readonly<Record<WriteKind, string>> = {
  publish:
    'publishing: Assay does not publish yet; publish to the upstream registry itself (npm publish --registry <upstream>)',
  unpublish: 'unpublishing: Assay does not change the upstream registry; do it there',
  'dist-tag': 'dist-tags: Assay does not change the upstream registry; set the tag there',
  login:
    'login: Assay has no accounts; ask its operator for a token (assay token) and put it into .npmrc as _authToken',
  account:
    'accounts: Assay has none; ask its operator for a token (assay token) and put it into .npmrc as _authToken',
  other: 'this request: Assay only serves reads of packages',
};

/** 501 for a web login, which comes as POST and is not retried: after any 4xx npm would go on to ask for a password. */
function write(what: WriteKind): HttpAnswer {
  return what === 'login'
    ? failure(501, 'Not here: login', `not here: ${writeTexts.login}`)
    : notHere(what, writeTexts[what]);
}

function notHere(what: string, text: string): HttpAnswer {
  return failure(405, `Not here: ${what}`, `not here: ${text}`, { allow: 'GET, HEAD' });
}

/**
 * The scheme in lower case (RFC 9110 section 11.1: case-insensitive) on purpose: at `Bearer` npm replaces our
 * words by the advice to try `npm login`; so it prints the header, whose description says what to do.
 */
function unauthorized(why: string): HttpAnswer {
  const text = forHeader(
    `${why}; ask the operator for a token (assay token) and put it into .npmrc as _authToken`,
    200,
  );
  const quoted = text.replace(/["\\,]/g, ' ');
  return failure(401, `Token needed: ${why}`, text, {
    'www-authenticate': `bearer realm="assay", error_description="${quoted}"`,
  });
}

function later(reason: string, why: string, retryAfterSeconds: number): HttpAnswer {
  const seconds = Number.isFinite(retryAfterSeconds)
    ? Math.min(3600, Math.max(1, Math.ceil(retryAfterSeconds)))
    : 60;
  return failure(503, `${reason}: try again in ${seconds} s`, why, { 'retry-after': String(seconds) });
}

function failure(
  status: number,
  reason: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return jsonAnswer(status, reason, { error: forTerminal(text) }, headers);
}
