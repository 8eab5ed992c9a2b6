/** What Debian says about its binary packages. Start here. */
import type {
  ComparedArchive,
  ComparisonRules,
  FieldDifference,
  Judgement,
  ManifestComparison,
  Reached,
  TreeEntry,
  Ungraded,
} from '../../core/comparison-input.ts';
import { isAssayError } from '../../core/errors.ts';
import { readParagraph, textOf, type Paragraph } from './deb822.ts';
import { ownersPath } from './deb.ts';
import { elfBuildId, elfDebugLink, md5sums } from './normalisers.ts';

/** For these two packages, as `readPlainDeb` read them. */
export function debianRules(
  upstream: Pick<ComparedArchive, 'members'>,
  rebuilt: Pick<ComparedArchive, 'members'>,
): ComparisonRules {
  return {
    id: 'debian/1',
    names: 'posix',
    links: 'compare',
    specialModes: 'compare',
    modes: 'full',
    directories: 'compared',
    normalisers: [
      elfBuildId,
      elfDebugLink,
      md5sums({ upstream: upstream.members, rebuilt: rebuilt.members }),
    ],
    entryNormalisers: [],
    isManifest: (path) => path === 'control/control',
    compareManifests: (_path, published, built) => compareControl(published, built),
    reach: () => reachedIn,
    grader: () => grade,
    describeHunk: () => '',
  };
}

// ---- the control file ----

/** Fields that only describe: a difference is none of what is installed, and nothing else is forgiven either. */
const describing = new Set([
  'description',
  'homepage',
  'maintainer',
  'original-maintainer',
  'installed-size',
  'section',
  'priority',
  'tag',
]);

/** Field by field; none is ever forgiven. */
export function compareControl(published: Uint8Array, built: Uint8Array): ManifestComparison {
  const canonical = { upstream: published, rebuilt: built };
  const sides = [readControl(published), readControl(built)];
  const [upstream, rebuilt] = sides;
  if (upstream === undefined || rebuilt === undefined)
    return {
      differences: [
        {
          field: '',
          grade: 'suspicious',
          rule: 'debian/control-form',
          reason: 'The control file of a side is not in the form that it has to have.',
          shown: undefined,
        },
      ],
      canonical,
      used: [],
    };
  const differences: FieldDifference[] = [];
  for (const field of [...new Set([...upstream.keys(), ...rebuilt.keys()])].sort()) {
    const [theirs, ours] = [upstream.get(field), rebuilt.get(field)];
    if (theirs !== ours) differences.push(fieldDifference(field, theirs, ours));
  }
  if (differences.length === 0)
    differences.push({
      field: '',
      grade: 'unexplained',
      rule: 'debian/control-order',
      reason: 'The control file has the same fields in another order or form.',
      shown: undefined,
    });
  return { differences, canonical, used: [] };
}

function readControl(bytes: Uint8Array): Paragraph | undefined {
  try {
    return readParagraph(textOf(bytes, 'control'), 'control');
  } catch (error) {
    if (isAssayError(error, 'DEBIAN_ARCHIVE_INVALID')) return undefined;
    throw error;
  }
}

/** Fields of relations, whose bounds a build takes from the libraries that it finds. */
const relations = new Set(['pre-depends', 'depends', 'recommends', 'suggests', 'enhances']);

function fieldDifference(
  field: string,
  theirs: string | undefined,
  ours: string | undefined,
): FieldDifference {
  const shown = `- ${field}: ${ours ?? '(none)'}\n+ ${field}: ${theirs ?? '(none)'}\n`;
  if (describing.has(field))
    return {
      field,
      grade: 'unexplained',
      rule: 'debian/control-description',
      reason: `The control file describes the package otherwise, in ${field}.`,
      shown,
    };
  if (relations.has(field) && withoutBounds(theirs) === withoutBounds(ours))
    return {
      field,
      grade: 'unexplained',
      rule: 'debian/control-bounds',
      reason: `The control field ${field} names the same packages, from other versions on: a build takes these from the libraries that it finds.`,
      shown,
    };
  return {
    field,
    grade: 'suspicious',
    rule: 'debian/control-field',
    reason: `The control field ${field} differs: it decides what is installed, where, or with what.`,
    shown,
  };
}

/** Lower bounds alone: an upper one keeps updates away. */
function withoutBounds(value: string | undefined): string | undefined {
  return value?.replaceAll(/ \(>= [A-Za-z0-9.+:~-]{1,120}\)/g, '');
}

// ---- all else ----

const installScripts =
  /^control\/(?:preinst|postinst|prerm|postrm|config|triggers|conffiles|templates|isinstallable)$/;
const programs = /^data\/(?:usr\/(?:local\/)?)?(?:s?bin|games)\//;
/** Folders from which something runs without a person starting it, or that decide who may do what. */
const activeFolders =
  /^data\/(?:etc\/|(?:usr\/)?lib\/(?:systemd|udev|modprobe\.d|modules-load\.d|sysctl\.d|tmpfiles\.d|sysusers\.d|pam\.d|NetworkManager|apt|init)\/|usr\/lib\/(?:cgi-bin|git-core)\/|usr\/share\/(?:dbus-1|polkit-1|bash-completion|perl5|initramfs-tools|autostart)\/|var\/spool\/cron\/|boot\/)/;

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
  return runs
    ? suspicious('only-upstream', 'Upstream has a file that can be run and that the build did not make.')
    : unexplained('only-upstream', 'Upstream has a file that the build did not make.');
}

function gradeContent({ pair }: Ungraded, path: string): Judgement {
  const contents = [pair.upstream?.content, pair.rebuilt?.content].filter((content) => content !== undefined);
  // Compilers make other code of the same source; nobody makes another script of it.
  if (contents.some(isScript) || activeFolders.test(path))
    return suspicious(
      'script',
      'A script, or what runs or grants rights by itself, has other content than the build made.',
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
