/**
 * Reads the package.json of an archive as npm would, within bounds. Where JSON repeats a key the last one
 * counts, as for npm and every client built on `JSON.parse`.
 */
import type { ArchiveReading } from '../core/archive-reading.ts';
import type { ReadingOutcome } from '../core/collector.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

/** The largest package.json met in a survey of popular packages was under 200 KB. */
const maxLength = 4 * 1024 * 1024;
/** Far above what a package needs (about 8); what is deeper is there to exhaust a recursive reader. */
const maxDepth = 64;

export interface ReadPackageJson {
  readonly content: JsonObject;
  /** Paths inside the top folder. */
  readonly files: readonly string[];
  readonly nested: NestedPackages;
}

export type PackageJson =
  | ({ readonly state: 'read' } & ReadPackageJson)
  /** The archive is no source of facts: it was refused, its readers disagreed, or the reader failed. */
  | { readonly state: 'no-archive'; readonly why: string }
  | { readonly state: 'unreadable'; readonly id: string; readonly why: string };

export function readPackageJson(archive: ReadingOutcome): PackageJson {
  if (archive.state === 'failed') return { state: 'no-archive', why: 'the archive could not be read' };
  if (archive.reading.verdict !== 'agreed')
    return { state: 'no-archive', why: 'the archive was not accepted' };
  const files = archive.reading.members.flatMap((member) =>
    member.type === 'file' ? inTop(member.path) : [],
  );
  const text = archive.reading.manifestText;
  const named = files.filter((path) => path === 'package.json').length;
  if (named > 1)
    return unreadable('package-json-ambiguous', 'The archive holds more than one top package.json.');
  if (text === undefined) {
    return unreadable('package-json-missing', 'The archive has no top package.json within the size limit.');
  }
  if (text.length > maxLength)
    return unreadable('package-json-too-large', 'package.json is larger than 4 MiB.');
  if (deeperThan(text, maxDepth)) {
    return unreadable('package-json-too-deep', `package.json is nested deeper than ${maxDepth}.`);
  }
  const content = parse(text);
  return content === undefined
    ? unreadable('package-json-unparsable', 'package.json is not a JSON object.')
    : { state: 'read', content, files, nested: nestedPackages(archive.reading) };
}

/** Packages inside `node_modules` of the archive. */
export interface NestedPackages {
  /** Those whose package.json may name an install script, by folder inside the top one; undefined content is unreadable. */
  readonly manifests: readonly { readonly folder: string; readonly content: JsonObject | undefined }[];
  readonly whole: boolean;
}

function nestedPackages({ nested }: ArchiveReading): NestedPackages {
  const manifests = (nested?.manifests ?? []).map(({ path, text }) => {
    const inside = path.slice(path.indexOf('/') + 1);
    const folder = inside.slice(0, inside.lastIndexOf('/'));
    return { folder, content: deeperThan(text, maxDepth) ? undefined : parse(text) };
  });
  return { manifests, whole: nested?.whole ?? true };
}

/** Path inside the top folder, whatever that is called: npm strips one component (pacote, `strip: 1`) and so drops a file beside it. */
function inTop(path: string): readonly string[] {
  const slash = path.indexOf('/');
  return slash === -1 ? [] : [path.slice(slash + 1)];
}

function unreadable(id: string, why: string): PackageJson {
  return { state: 'unreadable', id: `manifest/${id}`, why };
}

/**
 * A leading byte order mark is accepted, as npm's reader (json-parse-even-better-errors) does. A key whose letters are written
 * as escapes is not: `JSON.parse` of V8 13.6 and 14.6 takes `"\u0073cripts"` for another key once it has seen an object of a
 * certain shape, and so could be shown no scripts where npm sees some.
 */
function parse(text: string): JsonObject | undefined {
  if (hasEscapedKey(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Counts brackets outside strings, before anything recursive sees the text. */
export function deeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > limit) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}

/** Letters and digits as `\uXXXX` in a key: no tool writes them so. */
function hasEscapedKey(text: string): boolean {
  if (!text.includes(String.raw`\u`)) return false;
  let inString = false;
  let escapes = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (inString) {
      if (c === '\\') {
        const code = text[i + 1] === 'u' ? Number.parseInt(text.slice(i + 2, i + 6), 16) : Number.NaN;
        if (code < 128 && /[A-Za-z0-9]/.test(String.fromCharCode(code))) escapes = true;
        i++;
      } else if (c === '"') inString = false;
    } else if (c === '"') {
      inString = true;
      escapes = false;
    } else if (c === ':' && escapes) return true;
    else if (!/\s/.test(c)) escapes = false;
  }
  return false;
}

/** Lifecycle scripts npm runs when a registry package is installed. `prepare` runs for git dependencies only. */
export const installEvents = ['preinstall', 'install', 'postinstall'] as const;

/** Stands beside them for what packages that come along in `node_modules` run at install. */
export const bundledEvent = 'bundled';

export const impliedInstall = 'node-gyp rebuild';
