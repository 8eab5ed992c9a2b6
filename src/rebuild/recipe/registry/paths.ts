/** Addresses inside a build. The sandbox's relay listens there in the fetch phase, the replay in the build phase. */

export const insidePort = 3128;
export const registryUrl = `http://127.0.0.1:${insidePort}/npm/`;

export type RegistryRequest =
  | { readonly kind: 'index'; readonly name: string }
  | { readonly kind: 'file'; readonly name: string; readonly version: string };

const nameForm = /^(?:@[A-Za-z0-9~_-][\w.~-]*\/)?[A-Za-z0-9~_-][\w.~-]*$/;
const versionForm = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,127}$/;

export function isPackageName(name: string): boolean {
  return name.length <= 214 && nameForm.test(name);
}

export function isVersion(version: string): boolean {
  return versionForm.test(version);
}

/** The conventional place of a version's tarball, which all package managers derive by themselves. */
export function tarballUrl(name: string, version: string): string {
  return `${registryUrl}${tarballFile(name, version)}`;
}

function tarballFile(name: string, version: string): string {
  return `${name}/-/${unscoped(name)}-${encodeURIComponent(version)}.tgz`;
}

function unscoped(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/** What a path asks for; undefined for everything that is neither an index nor a tarball at its conventional place. */
export function readRequest(path: string): RegistryRequest | undefined {
  if (path.length > 1024 || !path.startsWith('/npm/')) return undefined;
  const text = decoded((path.split('?', 1)[0] ?? '').slice('/npm/'.length));
  if (text === undefined) return undefined;
  const [name = '', file, ...more] = text.split('/-/');
  if (!isPackageName(name) || more.length > 0) return undefined;
  if (file === undefined) return { kind: 'index', name };
  const start = `${unscoped(name)}-`;
  if (!file.startsWith(start) || !file.endsWith('.tgz')) return undefined;
  const version = file.slice(start.length, -'.tgz'.length);
  return isVersion(version) ? { kind: 'file', name, version } : undefined;
}

/** The one key of a request, whichever way its path was encoded. */
export function requestKey(request: RegistryRequest): string {
  return request.kind === 'index' ? request.name : `${request.name}/-/${request.version}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
