/** What Debian says about its binary packages. Start here. */
import type {
  ComparedArchive,
  ComparisonRules,
  Judgement,
  Reached,
  TreeEntry,
  Ungraded,
} from '../../core/comparison-input.ts';
import { changelogTrimmed } from './changelog.ts';
import { compareControl } from './control.ts';
import { ownersPath } from './deb.ts';
import { isPatched } from './patched-code.ts';
import { debhelperVersion, elfBuildId, elfDebugLink, elfDebugAltLink, md5sums } from './normalisers.ts';

/** For these two packages, as `readPlainDeb` read them. */
export function debianRules(
  upstream: Pick<ComparedArchive, 'members'>,
  rebuilt: Pick<ComparedArchive, 'members'>,
): ComparisonRules {
  const sides = { upstream: upstream.members, rebuilt: rebuilt.members };
  return {
    id: 'debian/2',
    names: 'posix',
    links: 'compare',
    specialModes: 'compare',
    modes: 'full',
    directories: 'compared',
    normalisers: [
      elfBuildId,
      elfDebugLink,
      elfDebugAltLink,
      md5sums(sides),
      debhelperVersion,
      changelogTrimmed(sides),
    ],
    entryNormalisers: [],
    isManifest: (path) => path === 'control/control',
    compareManifests: (_path, published, built) => compareControl(published, built, sides),
    reach: () => reachedIn,
    grader: () => grade,
    describeHunk: () => '',
  };
}

// ---- all else ----

const installScripts =
  /^control\/(?:preinst|postinst|prerm|postrm|config|triggers|conffiles|templates|isinstallable)$/;
const programs = /^data\/(?:usr\/(?:local\/)?)?(?:s?bin|games)\//;
/** Folders from which something runs without a person starting it, or that decide who may do what. */
const activeFolders =
  /^data\/(?:etc\/|(?:usr\/)?lib\/(?:systemd|udev|modprobe\.d|modules-load\.d|sysctl\.d|tmpfiles\.d|sysusers\.d|pam\.d|NetworkManager|apt|init)\/|usr\/lib\/(?:cgi-bin|git-core)\/|usr\/share\/(?:dbus-1|polkit-1|bash-completion|perl5|initramfs-tools|autostart)\/|var\/spool\/cron\/|boot\/)/;

const documentation = /^data\/usr\/share\/(?:doc|doc-base|info|lintian|locale|man)\//;

function reachedIn(path: string): Reached {
  if (installScripts.test(path)) return 'install';
  if (programs.test(path)) return 'bin';
  return undefined;
}

function grade(difference: Ungraded): Judgement {
  const { path } = difference.pair;
  if (path === ownersPath)
    return suspicious('owner', 'A file belongs to another user or group: rights follow from that.');
  if (installScripts.test(path))
    return suspicious('install-script', 'What runs as root at installation differs.');
  if (difference.kind === 'exec-bit') return gradeMode(difference);
  if (difference.kind === 'content') return gradeContent(difference, path);
  if (difference.kind === 'only-upstream') return gradeOneSided(difference.pair.upstream, path);
  return unexplained('only-rebuilt', 'The build made a file that upstream does not have.');
}

function gradeMode({ pair }: Ungraded): Judgement {
  const [theirs, ours] = [pair.upstream?.mode ?? 0, pair.rebuilt?.mode ?? 0];
  return (theirs & ~ours) === 0
    ? unexplained('mode', 'Upstream gives fewer rights on this path.')
    : suspicious('mode', 'Upstream gives rights on this path that the build does not.');
}

function gradeOneSided(entry: TreeEntry | undefined, path: string): Judgement {
  if (entry?.type === 'directory')
    return unexplained('only-upstream', 'Upstream has a folder that the build did not make.');
  const runs =
    entry === undefined ||
    (entry.mode & 0o111) !== 0 ||
    programs.test(path) ||
    activeFolders.test(path) ||
    isElf(entry.content) ||
    isScript(entry.content) ||
    /\.(?:so(?:\.[\d.]+)?|ko|py|pl|pm|rb|js|sh|lua|el|jar|class|desktop)$/.test(path);
  if (runs)
    return suspicious(
      'only-upstream',
      'Upstream has a file that can be run and that the build did not make.',
    );
  // Which of these a build makes depends on the tools that it finds; nothing reads them but people.
  return documentation.test(path)
    ? unexplained('only-upstream', 'Upstream has documentation that the build did not make.')
    : suspicious('only-upstream', 'Upstream has a file that the build did not make.');
}

function gradeContent({ pair }: Ungraded, path: string): Judgement {
  const contents = [pair.upstream?.content, pair.rebuilt?.content].filter((content) => content !== undefined);
  // Compilers make other code of the same source; nobody makes another script of it.
  if (contents.some(isScript) || activeFolders.test(path))
    return suspicious(
      'script',
      'A script, or what runs or grants rights by itself, has other content than the build made.',
    );
  const { upstream, rebuilt } = pair;
  if (upstream !== undefined && rebuilt !== undefined && isPatched(upstream.content, rebuilt.content))
    return suspicious(
      'patched-code',
      'A few bytes of machine code differ in a program that is the same otherwise, to the byte: no compiler makes that difference.',
    );
  if (contents.some(isElf))
    return unexplained(
      'machine-code',
      'The machine code, or what lies beside it, differs in more than names of debug files.',
    );
  return unexplained('content', 'The content differs, and no rule explains it.');
}

function isElf(content: Uint8Array): boolean {
  return content.length >= 4 && Buffer.from(content.subarray(0, 4)).toString('latin1') === '\x7fELF';
}

function isScript(content: Uint8Array): boolean {
  return content[0] === 0x23 && content[1] === 0x21;
}

function suspicious(rule: string, reason: string): Judgement {
  return { grade: 'suspicious', rule: `debian/${rule}`, reason };
}

function unexplained(rule: string, reason: string): Judgement {
  return { grade: 'unexplained', rule: `debian/${rule}`, reason };
}
