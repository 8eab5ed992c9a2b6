/** Asks, and follows redirects one by one, each checked before it is asked. */
import type { OutgoingHttpHeaders } from 'node:http';
import { AssayError } from '../core/errors.ts';
import { authorizationFor, privateAllowed, redirectUrl, shown } from './destinations.ts';
import { checkedLookup, type Resolve } from './lookup.ts';
import { ask, discard, type Answer, type Connections } from './request.ts';
import type { FetchLimits, RefusedEvent, UpstreamSource } from './types.ts';

export interface Following {
  readonly upstream: UpstreamSource;
  readonly connections: Connections;
  readonly limits: FetchLimits;
  readonly resolve: Resolve;
  readonly refused: (event: RefusedEvent) => void;
  readonly signal: AbortSignal;
}

export interface Followed {
  readonly answer: Answer;
  /** Where the answer came from, as it may be shown. */
  readonly place: string;
  /** Every URL asked, in order, as it may be shown. */
  readonly urls: readonly string[];
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * `reach`: an index is taken from the upstream itself only (a private registry that forwards an unknown name
 * to a public one is how dependency confusion starts); a file may come from a file host.
 * Throws UPSTREAM_REDIRECT_REFUSED and what `ask` throws.
 */
export async function follow(
  following: Following,
  start: URL,
  headers: OutgoingHttpHeaders,
  reach: 'own-only' | 'files',
): Promise<Followed> {
  const { upstream, limits } = following;
  const asked = new Set<string>();
  const urls: string[] = [];
  for (let url = start; ;) {
    asked.add(url.href);
    urls.push(shown(url));
    const answer = await askOne(following, url, headers);
    if (!redirectStatuses.has(answer.status)) return { answer, place: shown(url), urls };
    discard(answer.message);
    const next = nextUrl(following, url, answer.message.headers.location, reach);
    if (asked.has(next.href)) throw refuse(`${shown(next)} redirects in a circle`);
    if (asked.size > limits.redirects)
      throw refuse(`${upstream.id} redirects more than ${limits.redirects} times`);
    url = next;
  }
}

function nextUrl(
  following: Following,
  from: URL,
  location: string | undefined,
  reach: 'own-only' | 'files',
): URL {
  if (location === undefined) throw refuse(`${shown(from)} redirects to nowhere`);
  try {
    return redirectUrl(following.upstream, from, location, reach);
  } catch (error) {
    if (error instanceof AssayError) {
      const target = URL.parse(location, from.href);
      following.refused({
        upstream: following.upstream.id,
        kind: 'redirect',
        to: target === null ? 'not a URL' : shown(target),
        from: shown(from),
        why: error.message,
      });
    }
    throw error;
  }
}

async function askOne(following: Following, url: URL, headers: OutgoingHttpHeaders): Promise<Answer> {
  const { upstream, connections, limits, resolve, signal } = following;
  const authorization = authorizationFor(upstream, url);
  const place = shown(url);
  return ask(connections, {
    url,
    place,
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    lookup: checkedLookup(resolve, privateAllowed(upstream, url), (why) =>
      following.refused({ upstream: upstream.id, kind: 'address', to: place, from: undefined, why }),
    ),
    limits,
    signal,
  });
}

function refuse(why: string): AssayError {
  return new AssayError('UPSTREAM_REDIRECT_REFUSED', why);
}
