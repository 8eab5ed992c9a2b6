/**
 * Repository and run URIs as certificates name them (Fulcio .12 and .21), read by their exact text: no percent-encoding,
 * no user info, no query, nothing that two URL parsers could read differently.
 */
export interface RepositoryPlace {
  /** `host` or `host:port`, lower case. */
  readonly host: string;
  /** Path segments, at least one, without `.git` at the end. */
  readonly path: readonly string[];
}

export interface RunPlace {
  readonly host: string;
  readonly owner: string;
  readonly name: string;
  readonly run: string;
  readonly attempt: string;
}

const uri = /^(?:git\+)?https:\/\/([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?)\/(.+)$/;
const segment = /^[A-Za-z0-9_.~+-]{1,100}$/;
const number = /^[1-9]\d{0,18}$/;

/** Undefined for anything but `https://<host>/<one to ten plain segments>`. */
export function parseRepositoryUri(text: string): RepositoryPlace | undefined {
  const match = text.length > 2048 ? null : uri.exec(text);
  const [, host = '', rest = ''] = match ?? [];
  const path = rest.replace(/\.git$/, '').split('/');
  const plain = path.every((part) => segment.test(part) && !/^\.+$/.test(part));
  return match === null || !plain || path.length > 10 ? undefined : { host: host.toLowerCase(), path };
}

/** `https://<host>/<owner>/<name>/actions/runs/<run>/attempts/<attempt>`; undefined for anything else. */
export function parseRunUri(text: string): RunPlace | undefined {
  const place = parseRepositoryUri(text);
  const [owner, name, actions, runs, run, attempts, attempt, ...more] = place?.path ?? [];
  if (place === undefined || owner === undefined || name === undefined || more.length > 0) return undefined;
  if (actions !== 'actions' || runs !== 'runs' || attempts !== 'attempts') return undefined;
  if (run === undefined || attempt === undefined || !number.test(run) || !number.test(attempt))
    return undefined;
  return { host: place.host, owner, name, run, attempt };
}

/** A commit's or another object's name: SHA-1 or SHA-256, lower-case hex. */
export function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** A tag's name as git allows it (git-check-ref-format), in printable ASCII and not longer than any real one. */
export function isTagName(name: string): boolean {
  if (!/^[\x21-\x7e]{1,200}$/.test(name) || /[~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$/.test(name)) return false;
  return name !== '@' && name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}
