/** Entries that may be on one side only, or executable on one side only, without a person having to look. */
import type { EntryNormaliser, EntryPair, PackagePair, TreeEntry } from '../../../core/comparison-input.ts';
import { textOf } from '../text.ts';
import { binPaths, manifestOf } from './entry-points.ts';

/** By name and by first bytes: a payload under such a name is no noise. */
const noise: readonly { readonly name: RegExp; readonly first: readonly number[] }[] = [
  { name: /^\.DS_Store$/, first: [0, 0, 0, 1, 0x42, 0x75, 0x64, 0x31] },
  // AppleDouble, RFC 1740 appendix A.
  { name: /^\._[^/]{1,200}$/, first: [0, 5, 0x16, 7] },
  { name: /^Thumbs\.db$/i, first: [0xd0, 0xcf, 0x11, 0xe0] },
  { name: /^\.[^/]{1,200}\.sw[op]$/, first: [0x62, 0x30, 0x56, 0x49, 0x4d] },
];
const mostNoiseBytes = 256 * 1024;

export const editorNoise: EntryNormaliser = {
  name: 'editor-noise',
  version: '1',
  reason:
    'A leftover of a file manager or an editor, in its own format, which nothing in the package refers to.',
  forgives: (what, { path, upstream, rebuilt }, about) => {
    const entry = upstream ?? rebuilt;
    return what === 'one-sided' && entry !== undefined && isNoise(entry) && about.reachedIn(path) === 'never';
  },
};

function isNoise({ path, type, mode, content }: TreeEntry): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const kind = noise.find((one) => one.name.test(name));
  if (kind === undefined || type !== 'file' || (mode & 0o111) !== 0) return false;
  return content.length <= mostNoiseBytes && kind.first.every((byte, at) => content[at] === byte);
}

/**
 * npm before 5 packed `.npmignore`, and `.gitignore` under that name; later ones leave both out (npm-packlist 1.1). Only what
 * the source holds byte for byte.
 */
export const packedIgnoreFile: EntryNormaliser = {
  name: 'packed-ignore-file',
  version: '1',
  reason:
    'An ignore file that the source holds byte for byte: npm before 5 packed it, and nothing in the package refers to it.',
  forgives: (what, { path, upstream, rebuilt }, about) =>
    what === 'one-sided' &&
    upstream !== undefined &&
    rebuilt === undefined &&
    /(?:^|\/)\.npmignore$/.test(path) &&
    upstream.type === 'file' &&
    (upstream.mode & 0o111) === 0 &&
    about.facts.sourceFiles?.includes(upstream.sha256) === true &&
    about.reachedIn(path) === 'never',
};

export const emptyDirectory: EntryNormaliser = {
  name: 'empty-directory',
  version: '1',
  reason: 'A folder that holds nothing: installers of npm packages do not make it.',
  forgives: (what, { upstream, rebuilt }) =>
    what === 'one-sided' && (upstream ?? rebuilt)?.type === 'directory',
};

export const binExecBit: EntryNormaliser = {
  name: 'bin-exec-bit',
  version: '1',
  reason: 'Both manifests name the file in `bin`, and installers make such files executable themselves.',
  forgives: (what, { path }: EntryPair, { upstream, rebuilt }: PackagePair) =>
    what === 'exec-bit' &&
    [upstream, rebuilt].every((tree) => {
      const manifest = manifestOf(tree);
      return manifest !== undefined && binPaths(manifest).includes(path);
    }),
};

export const npmEntryNormalisers: readonly EntryNormaliser[] = [
  editorNoise,
  packedIgnoreFile,
  emptyDirectory,
  binExecBit,
];

const mostBackupLines = 20_000;

/**
 * What an editor leaves beside a file that both sides have (`a.js~`, `a.js.orig`, `a.js.bak`): mostly its lines, not
 * executable, and no text refers to it. Such a file is shown, and never forgiven.
 */
export function isBackup(
  { path, type, mode, content }: TreeEntry,
  { upstream, rebuilt, reachedIn }: PackagePair,
): boolean {
  const of = /^(.+?)(?:~|\.orig|\.bak)$/.exec(path)?.[1];
  const now = of === undefined ? undefined : upstream.get(of);
  if (now?.type !== 'file' || of === undefined || rebuilt.get(of)?.sha256 !== now.sha256) return false;
  if (type !== 'file' || (mode & 0o111) !== 0 || reachedIn(path) !== 'never') return false;
  const [text, other] = [textOf(content), textOf(now.content)];
  if (text === undefined || other === undefined) return false;
  const lines = text.split('\n', mostBackupLines + 1);
  const known = new Set(other.split('\n'));
  const strange = lines.filter((line) => !known.has(line)).length;
  return lines.length <= mostBackupLines && strange <= lines.length / 4;
}
