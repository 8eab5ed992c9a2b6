/**
 * Archives that readers could take for different things, and members that no comparison may forgive. Asked first: a
 * canonical tree of such an archive would hide what an installer does with it.
 */
import { createNameTree } from '../../archive/name-tree.ts';
import { pathFindings } from '../../archive/member-path.ts';
import type { ComparedArchive, ComparedMember, ComparisonRules, Side } from '../../core/comparison-input.ts';
import type { FileDifference } from '../../core/rebuild.ts';

const limits = { pathBytes: 4096, pathDepth: 256 };
/** More of them say nothing new. */
const mostOfOneSide = 32;

export function ambiguities(
  archive: ComparedArchive,
  side: Side,
  rules: ComparisonRules,
): readonly FileDifference[] {
  const found: FileDifference[] = archive.refusals.map(({ id, message }) =>
    ambiguous('', id.replace(/^archive\//, 'ambiguous/'), `${sideName[side]}: ${message}`),
  );
  if (archive.refusals.length === 0 && archive.members.length === 0) {
    found.push(ambiguous('', 'ambiguous/empty', `${sideName[side]}: the archive holds nothing.`));
  }
  const names = rules.names === 'portable' ? foldedNames(archive.members.length) : exactNames();
  for (const member of archive.members) {
    if (found.length >= mostOfOneSide) break;
    const what = pathProblem(member.path, rules) ?? names(member) ?? memberProblem(member, rules);
    if (what === undefined) continue;
    found.push(ambiguous(member.path, `ambiguous/${what.rule}`, `${sideName[side]}: ${what.why}`));
  }
  return found.slice(0, mostOfOneSide);
}

const sideName: Readonly<Record<Side, string>> = {
  upstream: 'What upstream published',
  rebuilt: 'What was built here',
};

interface Problem {
  readonly rule: string;
  readonly why: string;
}

function pathProblem(path: string, { names }: ComparisonRules): Problem | undefined {
  if (!path.isWellFormed()) return { rule: 'path-encoding', why: 'a path is not valid text.' };
  const [finding] = pathFindings(path, limits).filter(
    (id) => names === 'portable' || /dot|absolute|empty|too-(?:long|deep)/.test(id),
  );
  if (finding === undefined) return undefined;
  return { rule: finding.replace('archive/', ''), why: 'installers place this path differently.' };
}

function foldedNames(members: number): (member: ComparedMember) => Problem | undefined {
  const tree = createNameTree(64 * (members + 16));
  return ({ path, type }) => {
    const clash = tree.add(path, type === 'directory' ? 'directory' : 'file');
    if (clash === undefined) return undefined;
    const rule = clash.id.replace('archive/', '');
    return rule === 'duplicate-path'
      ? twice
      : { rule, why: 'another member has the same name on some file systems.' };
  };
}

const twice: Problem = {
  rule: 'duplicate-path',
  why: 'two members have this path, and installers differ on which one stays.',
};

function exactNames(): (member: ComparedMember) => Problem | undefined {
  const seen = new Set<string>();
  return ({ path }) => {
    if (seen.has(path)) return twice;
    seen.add(path);
    return undefined;
  };
}

function memberProblem(member: ComparedMember, rules: ComparisonRules): Problem | undefined {
  const { type, mode } = member;
  if (type === 'device' || type === 'fifo')
    return { rule: type, why: 'the member is no file, folder or link.' };
  if ((type === 'symlink' || type === 'hardlink') && rules.links === 'refuse') {
    return { rule: type, why: 'a link makes other paths mean something else.' };
  }
  if ((mode & 0o7000) !== 0 && rules.specialModes === 'refuse') {
    return { rule: 'special-mode', why: `the mode ${mode.toString(8)} has a setuid, setgid or sticky bit.` };
  }
  return undefined;
}

function ambiguous(path: string, rule: string, reason: string): FileDifference {
  return { path, kind: 'ambiguous', grade: 'suspicious', rule, reason, reached: undefined, shown: undefined };
}
