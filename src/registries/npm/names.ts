/**
 * Names of packages and files as they may be *read*: npm's rules for old packages (validate-npm-package-name,
 * `validForOldPackages`), bounded in length and without `..`. Rules for new names (lower case only) are npm's
 * matter: `JSONStream` is a real package.
 */

/** npm's own bound for new names; longer ones never made it into the public registry. */
const longestName = 214;
const longestFile = 255;

/** What a path, an HTML page and a shell read differently is not a name: `encodeURIComponent` leaves only these. */
const urlSafe = /^[A-Za-z0-9\-_.!~*'()]+$/;
const reservedNames: ReadonlySet<string> = new Set(['node_modules', 'favicon.ico']);

/** A package name such as `left-pad` or `@scope/name`. */
export function isPackageName(name: string): boolean {
  if (name.length === 0 || name.length > longestName || name.includes('..')) return false;
  const scoped = /^@([^/]+)\/([^/]+)$/.exec(name);
  if (scoped === null)
    return isNamePart(name) && !name.startsWith('_') && !reservedNames.has(name.toLowerCase());
  return isNamePart(scoped[1] ?? '') && isNamePart(scoped[2] ?? '');
}

function isNamePart(part: string): boolean {
  return urlSafe.test(part) && !part.startsWith('.');
}

/** One path segment that can't be read as a folder, a parent or a hidden file. Decoded form. */
export function isFileName(file: string): boolean {
  if (file.length === 0 || file.length > longestFile || file.startsWith('.') || file.includes('..'))
    return false;
  // eslint-disable-next-line no-control-regex
  return file.isWellFormed() && !/[\u0000-\u001f\u007f-\u009f/\\%]/.test(file);
}

/** The file name in a URL: percent-encoded except where RFC 3986 (section 3.3, pchar) needs no encoding. */
export function encodeFileName(file: string): string {
  return encodeURIComponent(file).replace(/%(?:40|2B|3A|2C|3B|3D|24|26)/g, decodeURIComponent);
}

/**
 * The file name of a tarball URL: its last path segment, percent-decoded once. Some registries put the scope
 * in front (`/-/@scope/name-1.0.0.tgz`, or with `%2f`): we serve the last part alone, so that every name has
 * one segment. Undefined when the URL is not http(s) or names no file.
 */
export function fileNameOfUrl(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) return undefined;
  const segment = parsed.pathname.split('/').at(-1) ?? '';
  const file = decodeOnce(segment)?.split('/').at(-1);
  return file !== undefined && isFileName(file) ? file : undefined;
}

/** Percent-decoding, once; undefined for escapes that are none or not UTF-8. */
export function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
