/**
 * Reads npm's rc files (INI): only what is needed to find registries and credentials. npm refuses to print
 * protected settings (`npm config get //host/:_authToken`), so they are read where npm reads them.
 */

export interface NpmrcEntry {
  readonly key: string;
  /** As written, before `${NAME}` is replaced. */
  readonly value: string;
  /** 1 based. */
  readonly line: number;
}

const maxLines = 100_000;

/** Entries in file order; the last of a key counts. Sections are of no use to npm and end the reading. */
export function readNpmrc(text: string): readonly NpmrcEntry[] {
  const entries: NpmrcEntry[] = [];
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .slice(0, maxLines);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith(';') || line.startsWith('#')) continue;
    if (line.startsWith('[')) break;
    const at = line.indexOf('=');
    if (at < 1) continue;
    entries.push({
      key: line.slice(0, at).trim(),
      value: unquoted(line.slice(at + 1).trim()),
      line: index + 1,
    });
  }
  return entries;
}

/** As npm's `ini` does: quotes are taken off; an unquoted value ends at `;` or `#` unless it is escaped. */
function unquoted(value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value) ?? /^'([^']*)'$/.exec(value);
  if (quoted !== null) return (quoted[1] ?? '').replace(/\\(["\\])/g, '$1');
  let result = '';
  for (let i = 0; i < value.length; i += 1) {
    const c = value[i] ?? '';
    const next = value[i + 1] ?? '';
    if (c === '\\' && (next === ';' || next === '#' || next === '\\')) {
      result += next;
      i += 1;
    } else if (c === ';' || c === '#') break;
    else result += c;
  }
  return result.trim();
}

export function lastValue(entries: readonly NpmrcEntry[], key: string): NpmrcEntry | undefined {
  return entries.findLast((entry) => entry.key === key);
}

/** `${NAME}`, and `${NAME?}` which is empty when unset; one that is unset stays as it is written, as in npm. */
export function expandEnvironment(value: string, env: Readonly<Record<string, string | undefined>>): string {
  return value.replace(
    /(?<!\\)\$\{([^${}?]+)(\?)?\}/g,
    (whole, name: string, optional: string | undefined) => env[name] ?? (optional === undefined ? whole : ''),
  );
}

/**
 * The prefixes under which npm looks for credentials of a registry: `//host/path/`, then each parent
 * (npm-registry-fetch, auth.js `regKeyFromURI`).
 */
export function credentialPrefixes(registry: string): readonly string[] {
  const url = new URL(registry);
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .slice(0, 32);
  return Array.from({ length: parts.length + 1 }, (_, index) => {
    const path = parts.slice(0, parts.length - index).join('/');
    return `//${url.host}/${path === '' ? '' : `${path}/`}`;
  });
}

/** Which keys of a file hold the credentials; never their values. */
export interface CredentialReference {
  readonly file: string;
  readonly prefix: string;
  readonly kind: 'token' | 'basic' | 'password';
}

export function findCredentials(
  registry: string,
  file: string,
  entries: readonly NpmrcEntry[],
): CredentialReference | undefined {
  for (const prefix of credentialPrefixes(registry)) {
    const has = (name: string): boolean => (lastValue(entries, `${prefix}:${name}`)?.value ?? '') !== '';
    if (has('_authToken')) return { file, prefix, kind: 'token' };
    if (has('_auth')) return { file, prefix, kind: 'basic' };
    if (has('username') && has('_password')) return { file, prefix, kind: 'password' };
  }
  return undefined;
}

/** `Authorization` value a reference stands for now; undefined when the file no longer holds it. */
export function authorizationFrom(
  reference: CredentialReference,
  entries: readonly NpmrcEntry[],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const value = (name: string): string | undefined => {
    const entry = lastValue(entries, `${reference.prefix}:${name}`);
    const text = entry === undefined ? '' : expandEnvironment(entry.value, env);
    return text === '' || /\$\{[^}]*\}|[\r\n\0]/.test(text) ? undefined : text;
  };
  if (reference.kind === 'token') return prefixed('Bearer ', value('_authToken'));
  if (reference.kind === 'basic') return prefixed('Basic ', value('_auth'));
  const [user, password] = [value('username'), value('_password')];
  if (user === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${user}:${Buffer.from(password, 'base64').toString('utf8')}`).toString('base64')}`;
}

function prefixed(scheme: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${scheme}${value}`;
}
