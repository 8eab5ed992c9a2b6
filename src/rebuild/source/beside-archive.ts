/** The archive that a distribution has of the same version, beside the tree that was found: what one has alone is told. */
import { isAssayError, messageOf } from '../../core/errors.ts';
import { archiveAgainstTree, type ArchiveCheck, type SourceMember } from './archive-check.ts';
import type { SourceDeps } from './deps.ts';
import type { GitCopy } from './git/copy.ts';
import { mirrorArchive } from './mirror.ts';
import type { ReleaseFacts } from './types.ts';

interface Told {
  readonly because: string[];
  readonly disagreements: string[];
}

/** Adds sentences; an archive that cannot be had or read is said to be so. Throws STORAGE_*. */
export async function besideArchive(
  deps: SourceDeps,
  copy: GitCopy,
  release: ReleaseFacts,
  tree: readonly SourceMember[],
  directory: string,
  notes: Told,
): Promise<void> {
  const [offer] = await deps.archives(release);
  if (offer === undefined) return;
  try {
    const { archive } = await mirrorArchive(deps, offer);
    const path = await deps.blobs.path(archive);
    if (path === undefined) return;
    const members = await copy.archive(path);
    const check = bestOf(members, tree, directory);
    notes.because.push(`${offer.because} ${sentence(offer.url, check)}`);
    const first = check.differences.filter(({ role, kind }) => role === 'first' && kind !== 'only-tree');
    if (first.length > 0)
      notes.disagreements.push(
        `The archive ${offer.url} has files that the commit has not or has otherwise, and that a build runs first: ${pathsOf(first)}.`,
      );
  } catch (error) {
    if (!isAssayError(error) || error.code.startsWith('STORAGE_')) throw error;
    notes.because.push(`The archive ${offer.url} could not be compared with the commit: ${messageOf(error)}`);
  }
}

/** An archive is of the whole repository, or of the folder of the package. */
function bestOf(
  members: readonly SourceMember[],
  tree: readonly SourceMember[],
  directory: string,
): ArchiveCheck {
  const whole = archiveAgainstTree(members, tree);
  if (directory === '') return whole;
  const below = tree
    .filter(({ path }) => path.startsWith(`${directory}/`))
    .map((member) => ({ ...member, path: member.path.slice(directory.length + 1) }));
  const folder = archiveAgainstTree(members, below);
  return folder.same > whole.same ? folder : whole;
}

function sentence(url: string, { same, total, differences }: ArchiveCheck): string {
  const files = same === 1 ? 'file is' : 'files are';
  if (total === 0) return `All ${same} files of the archive ${url} are those of the commit.`;
  return `Of the archive ${url}, ${same} ${files} as in the commit, ${total} differ or are on one side only: ${pathsOf(differences)}.`;
}

const kindWords = {
  'only-archive': 'in the archive alone',
  'only-tree': 'in the commit alone',
  content: 'other content',
  type: 'other type',
  'exec-bit': 'other exec bit',
} as const;

function pathsOf(differences: ArchiveCheck['differences']): string {
  const shown = differences
    .slice(0, 10)
    .map(({ path, kind }) => `${JSON.stringify(path)} (${kindWords[kind]})`);
  const more = differences.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
