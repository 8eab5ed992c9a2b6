/**
 * R6: the commit and the tag it was built from, as the repository's forge knows them. Without a forge it is `not-checked`. The
 * version in package.json at that commit is not asked for: the forge's interface reads no files (fact `versionAtCommit`).
 */
import type { Result } from '../../core/evidence.ts';
import type { CommitAnswer, TagAnswer } from '../../core/forge.ts';
import { withoutBuild } from './basis.ts';
import type { Build, Context } from './context.ts';
import { tagOf, usualTags } from './tag-template.ts';
import { finding, notChecked, quote, verdictOf, worst, type Finding, type Verdict } from './verdict.ts';

const hourMs = 60 * 60 * 1000;

interface Part {
  readonly findings: readonly Finding[];
  readonly rest: Result;
}

export function sourceTag(context: Context): Verdict {
  const { build, input } = context;
  if (build === undefined) return withoutBuild(context);
  const { forge } = input;
  if (forge === undefined || build.commit === undefined) return notChecked;
  const tags = forge.tags.state === 'known' ? tagPart(context, build, forge.tags) : unknownPart;
  const commit = forge.commit.state === 'known' ? commitPart(build, forge.commit, tags) : unknownPart;
  return {
    ...verdictOf([...tags.findings, ...commit.findings], worst([tags.rest, commit.rest])),
    facts: { versionAtCommit: 'not-checked' },
  };
}

const unknownPart: Part = { findings: [], rest: 'not-checked' };
const tagsPrefix = 'refs/tags/';

function tagPart({ input, expectation, basis }: Context, build: Build, answer: TagAnswer): Part {
  const { name } = input.index;
  const { version } = input.version;
  const own = ownTag(build, version);
  const moved = movedTags([...usualTags(name, version), ...(own === undefined ? [] : [own])], build, answer);
  const commits = new Map(Object.entries(answer.commits));
  const template = expectation?.tagTemplate;
  const sure = own ?? (template === undefined ? undefined : tagOf(template, name, version));
  const names = sure === undefined ? usualTags(name, version) : [sure];
  const present = names.flatMap((tag) => (commits.has(tag) ? [{ tag, commit: commits.get(tag) }] : []));
  if (present.some(({ commit }) => commit === build.commit)) return { findings: moved, rest: 'pass' };
  const [first] = present;
  if (first !== undefined) {
    const message = `Tag ${quote(first.tag)} points at ${quote(first.commit)} now, but it was built from ${quote(build.commit)}: the tag was moved, or the version was not built from it.`;
    // A tag by a usual name may be another package's of the same repository.
    const result = sure === undefined ? 'warn' : 'fail';
    return { findings: [...moved, finding('source-tag', 'moved', result, message)], rest: 'pass' };
  }
  if (sure === undefined) return { findings: moved, rest: 'not-available' };
  const firm = own !== undefined || basis?.kind === 'firm';
  const why =
    own === undefined ? 'earlier versions have one like it' : 'its provenance says that it was built from it';
  const message = `The repository has no tag ${quote(sure)} (${why}).`;
  return {
    findings: [...moved, finding('source-tag', 'missing', firm ? 'fail' : 'warn', message)],
    rest: 'pass',
  };
}

/** The tag it was built from, if that is this version's: one named otherwise (`latest`) moves as it should. */
function ownTag({ ref }: Build, version: string): string | undefined {
  return ref?.startsWith(tagsPrefix) === true && ref.includes(version)
    ? ref.slice(tagsPrefix.length)
    : undefined;
}

/** A tag that pointed elsewhere when it was first seen here (as in the takeover of Trivy's actions, 2026). */
function movedTags(tags: readonly string[], build: Build, answer: TagAnswer): readonly Finding[] {
  const first = new Map(Object.entries(answer.firstSeen ?? {}));
  return [...new Set(tags)].flatMap((tag) => {
    const seen = first.get(tag);
    const now = Object.hasOwn(answer.commits, tag) ? answer.commits[tag] : undefined;
    if (seen === undefined || now === seen.commit) return [];
    const message = `Tag ${quote(tag)} pointed at ${quote(seen.commit)} when it was first seen (${seen.at}), and at ${quote(now)} now; it was built from ${quote(build.commit)}.`;
    return [finding('source-tag', `moved/${tag}`, 'fail', message)];
  });
}

function commitPart(build: Build, answer: CommitAnswer, tags: Part): Part {
  const tagged = tags.rest === 'pass' && tags.findings.length === 0;
  if (!answer.exists || (answer.reachable === 'no' && !tagged)) {
    const where = answer.exists ? 'is on no branch or tag of the repository' : 'is not in the repository';
    const message = `Commit ${quote(build.commit)}, from which it was built, ${where}: it may come from a fork.`;
    return { findings: [finding('source-tag', 'commit', 'fail', message)], rest: 'pass' };
  }
  const reachable = answer.reachable === 'yes' || tagged;
  return { findings: youngCommit(build, answer), rest: reachable ? 'pass' : 'not-checked' };
}

/**
 * Seen in keyv 2026: an unsigned commit, published half an hour later. A commit that the forge vouches for (a merge made there,
 * as release robots do) is ordinary at that age.
 */
function youngCommit(build: Build, { committedAt, signature }: CommitAnswer): readonly Finding[] {
  const at = committedAt === undefined ? Number.NaN : Date.parse(committedAt);
  const published = build.publishMs ?? build.signedMs;
  if (published === undefined || Number.isNaN(at) || signature === 'verified') return [];
  if (published - at >= hourMs) return [];
  const minutes = Math.max(0, Math.round((published - at) / 60_000));
  const message = `It was published ${minutes} minutes after its commit, which nobody signed.`;
  return [finding('source-tag', 'young-commit', 'warn', message, { minutes })];
}
