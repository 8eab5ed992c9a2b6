/**
 * Where a repository is, from what a package says of itself and from what an operator wrote. Read by exact text: no
 * percent-encoding, no queries, nothing that two readers take for different places, nothing that git takes for an option.
 */
import { isAbsolute, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject, ownString } from '../../core/json.ts';
import type { GitRemote } from './deps.ts';

export interface Repository {
  /** Canonical: `https://host/path`, host in lower case, without `.git`; `ssh://…` and `file:///…` of operators. */
  readonly url: string;
  readonly remote: GitRemote;
  /** Folder of the package that the text names; undefined: none. */
  readonly directory: string | undefined;
}

/** `host/path` of the forges that package managers have short names for. */
const shortNames: Readonly<Record<string, string>> = {
  github: 'github.com',
  gitlab: 'gitlab.com',
  bitbucket: 'bitbucket.org',
};
const host = String.raw`[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?`;
const webUrl = new RegExp(
  String.raw`^(?:git\+)?(?:https?|git):\/\/(?:[A-Za-z0-9._~:%!$&'()*+,;=-]{1,200}@)?(${host})(?::(\d{1,5}))?\/(.+)$`,
);
const sshUrl = new RegExp(
  String.raw`^(?:git\+)?ssh:\/\/(?:[A-Za-z0-9._-]{1,64}@)?(${host})(?::\d{1,5})?[:/](.+)$`,
);
const scpLike = new RegExp(String.raw`^[A-Za-z0-9._-]{1,64}@(${host}):(?!\/\/)(.+)$`);
const shorthand = /^(?:(github|gitlab|bitbucket):)?([A-Za-z0-9_.~+-]{1,100}\/[A-Za-z0-9_.~+-]{1,100})$/;
const segment = /^[A-Za-z0-9_.~+-]{1,100}$/;

/**
 * The `repository` field of a package, in each form that npm reads. Everything becomes https: a package cannot lead to a
 * file of this machine, nor make it log in anywhere. Undefined: it names no repository that could be read so.
 */
export function repositoryOfPackage(field: unknown): Repository | undefined {
  const text = typeof field === 'string' ? field : isJsonObject(field) ? ownString(field, 'url') : undefined;
  if (text === undefined || text.length > 2048) return undefined;
  const named = isJsonObject(field) ? ownString(field, 'directory') : undefined;
  const place = placeOf(text.trim().replace(/#.*$/s, ''));
  return place === undefined ? undefined : webRepository(place, folderPath(named));
}

/** A URI that provenance or a forge names: plain https alone. */
export function repositoryOfUri(uri: string): Repository | undefined {
  return /^(?:git\+)?https:\/\/[^@]+$/.test(uri) ? repositoryOfPackage(uri) : undefined;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

function placeOf(text: string): Place | undefined {
  const [, short, path] = shorthand.exec(text) ?? [];
  if (path !== undefined) return { host: shortNames[short ?? 'github'] ?? '', port: 443, path };
  const web = webUrl.exec(text);
  if (web !== null) {
    const [, name = '', port, rest = ''] = web;
    // A port of another protocol says nothing of where https is.
    const isHttps = /^(?:git\+)?https:/.test(text);
    return { host: name, port: isHttps && port !== undefined ? Number(port) : 443, path: rest };
  }
  const [, name, rest] = sshUrl.exec(text) ?? scpLike.exec(text) ?? [];
  return name === undefined || rest === undefined ? undefined : { host: name, port: 443, path: rest };
}

function webRepository(
  { host: name, port, path }: Place,
  directory: string | undefined,
): Repository | undefined {
  const segments = path.replace(/\/+$/, '').split('/');
  const tree = segments.findIndex(
    (part, at) => at >= 2 && (part === 'tree' || part === 'blob' || part === '-'),
  );
  // `…/owner/name/tree/main/packages/x`: the page of a folder, as people paste it.
  const own = tree === -1 ? segments : segments.slice(0, tree);
  const rest = segments.slice(tree).filter((part) => part !== '-' && part !== '');
  const shown = tree === -1 || rest[0] !== 'tree' ? undefined : folderPath(rest.slice(2).join('/'));
  const parts = [...own.slice(0, -1), (own.at(-1) ?? '').replace(/\.git$/, '')];
  const isPlain = parts.every((part) => segment.test(part) && !/^\.+$/.test(part));
  if (!isPlain || parts.length > 10 || port < 1 || port > 65_535) return undefined;
  const lower = name.toLowerCase();
  if (lower.includes('..')) return undefined;
  const url = `https://${lower}${port === 443 ? '' : `:${port}`}/${parts.join('/')}`;
  return { url, remote: { kind: 'https', url, host: lower, port }, directory: directory ?? shown };
}

/** A plain folder below the top; undefined for the top itself and for anything else. */
export function folderPath(text: string | undefined): string | undefined {
  const path = text?.replace(/^(?:\.?\/)+|\/+$/g, '') ?? '';
  return path !== '' && path !== '.' && isFolderPath(path) ? path : undefined;
}

/** Segments that name something, with no control characters. Empty is the top. */
export function isFolderPath(path: string): boolean {
  if (path === '') return true;
  if (path.length > 1024 || !path.isWellFormed()) return false;
  return path.split('/').every(
    (part) =>
      part !== '' &&
      part !== '.' &&
      part !== '..' &&
      part.toLowerCase() !== '.git' &&
      // eslint-disable-next-line no-control-regex
      !/[\u0000-\u001f\u007f\\]/.test(part),
  );
}

/** What an operator may write into a recipe: https, ssh, file. Undefined: none of them. */
export function repositoryOfOperator(text: string): Repository | undefined {
  if (text.length > 2048) return undefined;
  if (text.startsWith('file:')) return fileRepository(text);
  const ssh = new RegExp(
    String.raw`^ssh:\/\/(?:([A-Za-z0-9._][A-Za-z0-9._-]{0,63})@)?(${host})(?::(\d{1,5}))?\/(.+)$`,
  ).exec(text);
  if (ssh === null) return /^(?:git\+)?https:\/\/[^@]+$/.test(text) ? repositoryOfPackage(text) : undefined;
  const [, user = 'git', name = '', given, path = ''] = ssh;
  const port = Number(given ?? 22);
  const isPlain = path.split('/').every((part) => segment.test(part) && !/^\.+$/.test(part));
  if (!isPlain || port < 1 || port > 65_535 || name.includes('..')) return undefined;
  const lower = name.toLowerCase();
  const url = `ssh://${user}@${lower}${port === 22 ? '' : `:${port}`}/${path}`;
  return { url, remote: { kind: 'ssh', url, host: lower, port }, directory: undefined };
}

function fileRepository(text: string): Repository | undefined {
  try {
    const path = fileURLToPath(text);
    const url = new URL(text);
    // eslint-disable-next-line no-control-regex
    if (!isAbsolute(path) || url.search !== '' || url.hash !== '' || /[\u0000-\u001f\u007f]/.test(path))
      return undefined;
    const plain = normalize(path).replace(/\/+$/, '');
    if (plain === '') return undefined;
    return { url: `file://${plain}`, remote: { kind: 'file', path: plain }, directory: undefined };
  } catch {
    return undefined;
  }
}
