/**
 * A release archive beside the tree of its tag. xz 5.6.0 and 5.6.1 (2024, CVE-2024-3094) were clean in git: the archive alone
 * had a changed `m4/build-to-host.m4`, which `configure` ran. So what is on one side only, or differs, is listed, and what a
 * build would run first stands on top. Nothing is forgiven for being generated: that is what the file was to look like. Pure.
 */
import type { Sha256 } from '../../core/digest.ts';

export interface SourceMember {
  /** From the top of the source, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'link';
  readonly executable: boolean;
  /** Of the content, or of where a link leads. */
  readonly sha256: Sha256;
}

/** `first`: run by the build before anything is compiled. `opaque`: no person reads it. */
export const sourceRoles = ['first', 'script', 'opaque', 'code', 'text'] as const;
export type SourceRole = (typeof sourceRoles)[number];

export interface SourceDifference {
  readonly path: string;
  readonly kind: 'only-archive' | 'only-tree' | 'content' | 'type' | 'exec-bit';
  readonly role: SourceRole;
}

export interface ArchiveCheck {
  readonly same: number;
  /** By role, then by kind, then by path; at most 1,000. */
  readonly differences: readonly SourceDifference[];
  readonly total: number;
  /** Something that a build runs first is in the archive and not, or not so, in the tree. */
  readonly suspicious: boolean;
}

const shown = 1000;
const kindOrder: readonly SourceDifference['kind'][] = [
  'only-archive',
  'content',
  'type',
  'exec-bit',
  'only-tree',
];

/** Both without their top folders, and with no path twice: ambiguous archives are refused before. */
export function archiveAgainstTree(
  archive: readonly SourceMember[],
  tree: readonly SourceMember[],
): ArchiveCheck {
  const inTree = new Map(tree.map((member) => [member.path, member]));
  const inArchive = new Set(archive.map(({ path }) => path));
  const differences: SourceDifference[] = [];
  let same = 0;
  for (const member of archive) {
    const kind = differenceOf(member, inTree.get(member.path));
    if (kind === undefined) same += 1;
    else differences.push({ path: member.path, kind, role: roleOf(member) });
  }
  for (const member of tree)
    if (!inArchive.has(member.path))
      differences.push({ path: member.path, kind: 'only-tree', role: roleOf(member) });
  differences.sort(
    (a, b) =>
      sourceRoles.indexOf(a.role) - sourceRoles.indexOf(b.role) ||
      kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind) ||
      (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  );
  return {
    same,
    differences: differences.slice(0, shown),
    total: differences.length,
    // What the archive leaves away runs nowhere.
    suspicious: differences.some(({ kind, role }) => role === 'first' && kind !== 'only-tree'),
  };
}

function differenceOf(
  member: SourceMember,
  other: SourceMember | undefined,
): SourceDifference['kind'] | undefined {
  if (other === undefined) return 'only-archive';
  if (member.kind !== other.kind) return 'type';
  if (member.sha256 !== other.sha256) return 'content';
  return member.executable === other.executable ? undefined : 'exec-bit';
}

/** Files by whose name a build system, or the one who calls it, runs them. */
const firstNames =
  /^(?:configure(?:\.(?:ac|in|gnu))?|aclocal\.m4|acinclude\.m4|gnumakefile|makefile(?:\.(?:am|in|pl|pre|vc))?|cmakelists\.txt|meson\.build|meson_options\.txt|build(?:\.(?:rs|pl|zig|sbt|xml|gradle|sh|js|mjs|cjs|bazel))?|build\.gradle\.kts|settings\.gradle(?:\.kts)?|workspace(?:\.bazel)?|module\.bazel|sconstruct|sconscript|wscript|waf|jamfile|jamroot|rakefile|extconf\.rb|gemfile|setup\.(?:py|cfg)|pyproject\.toml|package\.json|binding\.gyp|\.npmrc|\.yarnrc(?:\.yml)?|\.pnpmfile\.cjs|autogen(?:\.sh)?|bootstrap(?:\.sh)?|buildconf|config\.(?:guess|sub|rpath|status|m4)|depcomp|install-sh|ltmain\.sh|libtool|missing|mkinstalldirs|test-driver|compile|ylwrap|gradlew|mvnw|pom\.xml|cargo\.toml|justfile|taskfile\.ya?ml)$/;
const firstEndings = /\.(?:m4|mk|cmake|am|bzl|gyp|gypi|pri|pro|ninja|nix|spec)$/;
const firstFolders = /^(?:debian|m4|build-aux|\.github\/workflows|\.cargo|\.mvn)\//;
const scriptEndings =
  /\.(?:sh|bash|zsh|ksh|csh|fish|pl|pm|py|rb|lua|tcl|awk|sed|ps1|psm1|bat|cmd|js|mjs|cjs|php)$/;
const opaqueEndings =
  /\.(?:xz|lzma|gz|bz2|zst|lz4|zip|7z|tar|tgz|txz|jar|war|class|so|dll|dylib|a|o|obj|lib|exe|bin|dat|node|wasm|pyc|pdf|png|jpe?g|gif|ico|webp|ttf|otf|woff2?|mp[34]|mo|gmo|der|p12|pfx|min\.js)$/;
const textEndings = /\.(?:md|markdown|rst|txt|adoc|texi|info|html?|css|[1-8]|po|pot|xml|svg|csv|tsv|log)$/;
const textNames =
  /^(?:readme|changelog|changes|news|authors|copying|copyright|licen[cs]e|todo|thanks|contributing|install|maintainers|code_of_conduct|security)(?:[.-].*)?$/;

/** By its path and exec bit alone: what it holds says what it does to whoever reads it, not when it is run. */
export function roleOf({ path, executable, kind }: SourceMember): SourceRole {
  const lower = path.toLowerCase();
  const name = lower.slice(lower.lastIndexOf('/') + 1);
  if (firstNames.test(name) || firstEndings.test(name) || firstFolders.test(lower)) return 'first';
  if (kind === 'link' || executable || (scriptEndings.test(name) && !opaqueEndings.test(name)))
    return 'script';
  if (opaqueEndings.test(name)) return 'opaque';
  return textNames.test(name) || textEndings.test(name) ? 'text' : 'code';
}
