/** What a file of an npm package is, as far as a difference in it matters. */
import type { TreeEntry } from '../../../core/comparison-input.ts';
import { textOf } from '../text.ts';

/**
 * `code`: something may run it. `data`: code may read it, JSON say. `inert`: documents, pictures, maps, settings of tools
 * that nobody runs at a user's. `unknown`: all else.
 */
export type FileWeight = 'code' | 'data' | 'inert' | 'unknown';

const codeNames =
  /\.(?:[cm]?[jt]sx?|node|wasm|sh|bash|zsh|fish|ps1|psm1|bat|cmd|vbs|wsf|hta|py|pyc|rb|pl|php|lua|exe|dll|so|dylib|jar|class|gypi?|asar|scpt|com|scr|msi|lnk)$/i;
const declarations = /\.d\.[cm]?ts$/i;
const dataNames =
  /\.(?:json5?|jsonc|ya?ml|toml|xml|proto|graphql|sql|html?|css|s[ac]ss|less|vue|svelte|mustache|hbs|ejs|pug)$/i;
const inertNames =
  /\.(?:md|markdown|rst|map|flow|png|jpe?g|gif|ico|webp|svg|woff2?|ttf|otf|eot|log|lock|tsbuildinfo|snap)$/i;
const inertWholeNames =
  /^(?:(?:readme|licen[cs]e|copying|notice|changelog|changes|history|authors|contributors|contributing|security|maintainers|patents|code_of_conduct|upgrading|migration|todo|thanks|backers|funding)(?:[.-][\w.-]{0,30})?|\.(?:npmignore|gitignore|gitattributes|editorconfig|eslintignore|prettierignore|nvmrc|nycrc|jshintrc|jscsrc|eslintrc|babelrc|prettierrc|mailmap|istanbul\.yml|travis\.yml|eslintrc\.(?:json|ya?ml)|prettierrc\.(?:json|ya?ml)|dependabot\.ya?ml|gitmodules|dockerignore|zuul\.yml)|yarn\.lock|pnpm-lock\.yaml|package-lock\.json|npm-shrinkwrap\.json|bower\.json|component\.json|tslint\.json|appveyor\.yml|\.?codecov\.yml|tsconfig(?:\.[\w-]{1,20})?\.json)$/i;

export function weightOf({
  path,
  type,
  mode,
  content,
}: Pick<TreeEntry, 'path' | 'type' | 'mode' | 'content'>): FileWeight {
  if (type !== 'file') return 'unknown';
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (startsProgram(content) || (mode & 0o111) !== 0) return 'code';
  if (declarations.test(name)) return isText(content) ? 'inert' : 'unknown';
  // A lockfile that npm obeys when it installs this package: it decides what runs.
  if (/^npm-shrinkwrap\.json$/i.test(name)) return 'code';
  if (codeNames.test(name)) return 'code';
  if (inertWholeNames.test(name)) return isText(content) ? 'inert' : 'unknown';
  if (inertNames.test(name)) return isPicture(name) || isText(content) ? 'inert' : 'unknown';
  return dataNames.test(name) ? 'data' : 'unknown';
}

/** `#!`, ELF, Mach-O, PE, WebAssembly, Java: whatever the name says. */
function startsProgram(content: Uint8Array): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = content;
  const word = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  if ((a === 0x23 && b === 0x21) || (a === 0x4d && b === 0x5a)) return true;
  return [0x7f454c46, 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe, 0x0061736d].includes(word);
}

function isPicture(name: string): boolean {
  return /\.(?:png|jpe?g|gif|ico|webp|woff2?|ttf|otf|eot)$/i.test(name);
}

function isText(content: Uint8Array): boolean {
  return textOf(content) !== undefined;
}
