/** Which Node and npm, in the order in which they are worth trying. */
import semver from 'semver';
import { packsInOrder, type PackOrder } from './pack-order.ts';
import { linesAt, majorOf, newestOf, nodeReleases, npmFor, releasesOf } from './releases.ts';

export interface ToolchainFacts {
  readonly nodeVersion: string | undefined;
  readonly npmVersion: string | undefined;
  /** `.nvmrc`, `.node-version`, `volta`: what the source's own files pin. */
  readonly pinned: string | undefined;
  /** `engines.node`. */
  readonly engines: string | undefined;
  /** Seconds. */
  readonly sourceDate: number | undefined;
  readonly sourceDateFrom: 'commit' | 'files' | undefined;
  /** Seconds; the registry's time, where it is one of publishing. */
  readonly publishedAt: number | undefined;
  /** Lowest Node that the package manager and the lockfile need. */
  readonly atLeastNode: string;
  /** Lowest npm that reads the lockfile. */
  readonly atLeastNpm: string;
  /** Majors of npm, first and last, that write such a lockfile. */
  readonly lockfileNpm?: readonly [number, number] | undefined;
  /** How the published archive is ordered. */
  readonly packOrder?: PackOrder | undefined;
}

export interface ToolchainChoice {
  readonly node: string;
  readonly npm: string;
  readonly confidence: 'high' | 'medium' | 'low';
  readonly reason: string;
}

const most = 4;
const exact = /^v?(\d{1,3}\.\d{1,4}\.\d{1,4})$/;

/**
 * In this order: what the publish record names; what the source pins; the long-term-support Node of the day of
 * publishing (or of the commit), those first whose npm writes the committed lockfile's version, then the older and newer
 * ones of that day; the lowest that `engines` allows; the newest. Of those that nobody names, the ones come first whose
 * npm packs in the order of the published archive. Whatever `engines` or the package manager rules out is left away. At most four; never none.
 */
export function toolchainChoices(facts: ToolchainFacts): readonly ToolchainChoice[] {
  const day = dayOf(facts);
  const guessed = [...ofTheDay(facts), ...byEngines(facts), newest()];
  const all = [...published(facts, day), ...pinned(facts, day), ...inPackOrder(facts, guessed, day)];
  const fitting = all.filter((choice) => fits(facts, choice));
  const distinct = fitting.filter(
    (choice, index) =>
      fitting.findIndex(({ node, npm }) => node === choice.node && npm === choice.npm) === index,
  );
  // An `engines` that nothing satisfies binds nobody: npm itself only warns.
  return distinct.length > 0 ? distinct.slice(0, most) : [newest()];
}

function fits(
  { engines, atLeastNode, atLeastNpm }: ToolchainFacts,
  { node, npm }: Pick<ToolchainChoice, 'node' | 'npm'>,
): boolean {
  if (semver.lt(node, '8.0.0') || semver.lt(node, atLeastNode) || semver.lt(npm, atLeastNpm)) return false;
  const range = engines === undefined || engines.length > 200 ? null : semver.validRange(engines);
  return range === null || semver.satisfies(node, range, { includePrerelease: true });
}

/** Those that pack as the published archive is ordered, one of them at least, before the others. */
function inPackOrder(
  facts: ToolchainFacts,
  guessed: readonly ToolchainChoice[],
  day: string,
): readonly ToolchainChoice[] {
  const { packOrder } = facts;
  if (packOrder === undefined) return guessed;
  const packs = ({ npm }: Pick<ToolchainChoice, 'npm'>): boolean => packsInOrder(packOrder, npm);
  const fitting = guessed.filter((choice) => packs(choice) && fits(facts, choice));
  const others = guessed.filter((choice) => !packs(choice));
  if (fitting.length > 0) return [...fitting, ...others];
  const releases = nodeReleases.filter((release) => packs(release) && fits(facts, release));
  const release = releases.findLast(({ date }) => date <= day) ?? releases[0];
  if (release === undefined) return guessed;
  const { node, npm } = release;
  const reason = `Node ${node} comes with npm ${npm}, which packs in the order of the published archive.`;
  return [{ node, npm, confidence: 'low', reason }, ...others];
}

function dayOf(facts: ToolchainFacts): string {
  return daysOf(facts)[0]?.day ?? '9999-12-31';
}

interface Day {
  readonly day: string;
  readonly what: string;
  readonly sure: boolean;
}

/** Longer than between most commits and their release: a registry in front of another one tells its own times. */
const plausibleDelaySeconds = 90 * 86_400;

/**
 * The day of publishing, then that of the source; the other way round where they lie far apart. A registry's times can
 * be those of its copy, and the newest file of an archive is never newer than its release.
 */
function daysOf({ publishedAt, sourceDate, sourceDateFrom }: ToolchainFacts): readonly Day[] {
  const published = publishedAt === undefined ? [] : [dayAt(publishedAt, 'published on', true)];
  const commit = sourceDateFrom === 'commit';
  const words = commit ? 'committed on' : 'last changed on';
  const committed = sourceDate === undefined ? [] : [dayAt(sourceDate, words, commit)];
  if (publishedAt === undefined || sourceDate === undefined) return [...published, ...committed];
  const near = Math.abs(publishedAt - sourceDate) <= plausibleDelaySeconds;
  return near ? published : [...committed, ...published];
}

function dayAt(seconds: number, words: string, sure: boolean): Day {
  const day = new Date(seconds * 1000).toISOString().slice(0, 10);
  return { day, what: `${words} ${day}`, sure };
}

function published({ nodeVersion, npmVersion }: ToolchainFacts, day: string): readonly ToolchainChoice[] {
  const node = exact.exec(nodeVersion ?? '')?.[1];
  const npm = exact.exec(npmVersion ?? '')?.[1];
  if (node === undefined) return [];
  const named = npm === undefined ? '' : ` and npm ${npm}`;
  return [
    {
      node,
      npm: npm ?? npmFor(node, day),
      confidence: npm === undefined ? 'medium' : 'high',
      reason: `The publish record names Node ${node}${named}.`,
    },
  ];
}

function pinned(facts: ToolchainFacts, day: string): readonly ToolchainChoice[] {
  const text = facts.pinned?.trim() ?? '';
  const version = exact.exec(text)?.[1];
  const major = /^v?(\d{1,3})(?:\.x|\.\d{1,4})?$/.exec(text)?.[1];
  const node = version ?? (major === undefined ? undefined : newestOf(Number(major), day)?.node);
  if (node === undefined) return [];
  const npm = npmFor(node, day);
  return [{ node, npm, confidence: 'medium', reason: `The source pins Node ${text.slice(0, 20)}.` }];
}

/** The first line of each day before the second of any; lines whose npm writes the committed lockfile's version first. */
function ofTheDay(facts: ToolchainFacts): readonly ToolchainChoice[] {
  const { lockfileNpm } = facts;
  const writes = ({ npm }: ToolchainChoice): boolean =>
    lockfileNpm === undefined || (majorOf(npm) >= lockfileNpm[0] && majorOf(npm) <= lockfileNpm[1]);
  const perDay = daysOf(facts).map((day) => {
    const lines = linesOf(facts, day);
    return [...lines.filter(writes), ...lines.filter((line) => !writes(line))];
  });
  const longest = Math.max(0, ...perDay.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) =>
    perDay.flatMap((lines) => lines.slice(index, index + 1)),
  ).flat();
}

/** Of each line the newest of that day; where that one can't be used, the first that can. */
function linesOf(facts: ToolchainFacts, { day, what, sure }: Day): readonly ToolchainChoice[] {
  return linesAt(day).flatMap((major, index): readonly ToolchainChoice[] => {
    const ofTheDay = newestOf(major, day);
    if (ofTheDay === undefined) return [];
    const usable = fits(facts, ofTheDay);
    const { node, npm } = usable
      ? ofTheDay
      : (releasesOf(major).find((release) => release.date > day && fits(facts, release)) ?? ofTheDay);
    const confidence = index === 0 && sure && usable ? 'medium' : 'low';
    const tools = `Node ${node} with npm ${npm}`;
    const reason = usable
      ? `${tools} was in use when this was ${what}.`
      : `${tools} is the oldest of its line that can be used; this was ${what}.`;
    return [{ node, npm, confidence, reason }];
  });
}

function byEngines({ engines, atLeastNode }: ToolchainFacts): readonly ToolchainChoice[] {
  const range = engines === undefined || engines.length > 200 ? null : semver.validRange(engines);
  if (range === null) return [];
  const majors = [...new Set(nodeReleases.map(({ node }) => majorOf(node)))];
  for (const major of majors) {
    const release = newestOf(major, '9999-12-31');
    if (
      release === undefined ||
      !semver.satisfies(release.node, range) ||
      semver.lt(release.node, atLeastNode)
    )
      continue;
    const { node, npm } = release;
    return [
      { node, npm, confidence: 'low', reason: `Node ${node} is of the oldest line that engines allows.` },
    ];
  }
  return [];
}

function newest(): ToolchainChoice {
  const { node, npm } = nodeReleases.at(-1) ?? { node: '24.12.0', npm: '11.6.2' };
  return { node, npm, confidence: 'low', reason: `Node ${node} is the newest that is known here.` };
}
