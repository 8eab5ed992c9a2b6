/**
 * What is publicly known against this version. The facts `rule.vulnerability`, `rule.known-malware` and `rule.feed-age` are
 * verdicts of their own: a stale feed takes nothing back of what it says, and malware is more than a vulnerability.
 */
import { severities, type AdvisoryMatch, type FeedState, type Severity } from '../../core/advisory.ts';
import type { Collector, CollectorInput, Knowledge } from '../../core/collector.ts';
import type { Evidence, EvidenceItem, FactValue, Result } from '../../core/evidence.ts';
import { parsePurl } from '../../core/purl.ts';
import { clip, recordOf } from '../record.ts';
import { judgeFeed, type FeedLimits } from './feed-age.ts';
import { judgeMalware } from './known-malware.ts';
import { setAside } from './set-aside.ts';
import { vulnerabilityItem } from './words.ts';

export function createVulnerabilitiesCollector(limits: FeedLimits): Collector {
  const collector: Collector & Required<Pick<Collector, 'refresh'>> = {
    kind: 'vulnerabilities',
    version: `1.${limits.warnAfterHours}.${limits.failAfterHours}`,
    scope: 'release',
    refresh: (input) => judge(collector, input, limits),
    collect: (input) => collector.refresh(input),
  };
  return collector;
}

type Input = Knowledge & Pick<CollectorInput, 'subject' | 'now'>;

function judge(collector: Collector, input: Input, limits: FeedLimits): Evidence {
  const { advisories, subject } = input;
  const { name, version = '' } = parsePurl(subject.purl);
  if (advisories.lost !== undefined)
    return recordOf(collector, input, {
      result: 'error',
      summary: 'The feed of advisories that is on record cannot be read.',
      items: [{ id: 'vulnerabilities/feed-lost', message: `Import it again: ${clip(advisories.lost)}` }],
    });
  if (advisories.feed === undefined)
    return recordOf(collector, input, {
      result: 'not-checked',
      summary: 'No feed of advisories was imported: nothing is known of vulnerabilities.',
      items: [{ id: 'vulnerabilities/no-feed', message: 'Import one: assay feed import.' }],
    });
  const { feed } = advisories;
  const { standing, aside, until } = setAside(advisories.match(name, version), { ...input, name, version });
  const age = judgeFeed(feed, input.now, limits);
  const gap: Result = age.isUsable ? 'pass' : 'not-checked';
  const malware = judgeMalware(standing, { name, popular: input.popular }, gap);
  const known = distinct(standing.filter(({ malicious }) => !malicious));
  const vulnerability = resultOf(known, gap);
  const result = worst([vulnerability, malware.result]);
  const items: readonly EvidenceItem[] = [
    ...malware.items,
    ...age.items,
    ...known.map(vulnerabilityItem),
    ...aside,
  ];
  const facts: Readonly<Record<string, FactValue>> = {
    ...countsOf(known),
    ...feedFacts(feed, age.hours),
    malicious: standing.length - standing.filter(({ malicious }) => !malicious).length,
    malwareSources: malware.sources.join(', ') || null,
    setAside: aside.length,
    setAsideUntil: until,
    'rule.vulnerability': vulnerability,
    'rule.known-malware': malware.result,
    'rule.feed-age': age.result,
  };
  const summary = `${malware.summary}${summaryOf(known, result)}`;
  return { ...recordOf(collector, input, { result, summary, facts, items }), material: feed.digest };
}

/** Two records of one vulnerability count once: the worst, as they come worst first. */
function distinct(matches: readonly AdvisoryMatch[]): readonly AdvisoryMatch[] {
  const told = new Set<string>();
  return matches.filter(({ id, aliases }) => {
    const isNew = !told.has(id);
    for (const one of [id, ...aliases]) told.add(one);
    return isNew;
  });
}

/** `unknown` is no lower than low: nobody scored it, and so it is told. */
function resultOf(known: readonly AdvisoryMatch[], gap: Result): Result {
  if (known.length === 0) return gap;
  const isGrave = ({ severity, kev }: AdvisoryMatch): boolean =>
    severity === 'critical' || severity === 'high' || kev !== null;
  return known.some(isGrave) ? 'fail' : 'warn';
}

function worst(all: readonly Result[]): Result {
  const order: readonly Result[] = ['fail', 'warn', 'not-checked', 'pass'];
  return order.find((one) => all.includes(one)) ?? 'error';
}

function countsOf(known: readonly AdvisoryMatch[]): Readonly<Record<string, FactValue>> {
  const count = (severity: Severity): number => known.filter((one) => one.severity === severity).length;
  const likeliest = known
    .flatMap(({ epss }) => epss ?? [])
    .reduce<AdvisoryMatch['epss']>(
      (most, one) => (most === null || one.score > most.score ? one : most),
      null,
    );
  const worstKnown = severities.findLast((severity) => count(severity) > 0);
  return {
    ...Object.fromEntries(severities.map((severity) => [severity, count(severity)])),
    total: known.length,
    worst: worstKnown ?? null,
    kev: known.filter(({ kev }) => kev !== null).length,
    fixAvailable: known.filter(({ fixed }) => fixed.length > 0).length,
    epss: likeliest?.score ?? null,
    epssModel: likeliest?.model ?? null,
  };
}

function feedFacts(feed: FeedState, hours: number | null): Readonly<Record<string, FactValue>> {
  return {
    feedDigest: feed.digest,
    feedNewestAt: feed.newestAt,
    feedImportedAt: feed.importedAt,
    feedAgeHours: hours,
    feedRecords: feed.records,
  };
}

function summaryOf(known: readonly AdvisoryMatch[], result: Result): string {
  if (known.length === 0)
    return result === 'not-checked'
      ? 'The feed of advisories cannot be relied on, and it names nothing.'
      : 'No vulnerability of this version is known.';
  const counts = severities
    .toReversed()
    .map((severity) => [severity, known.filter((one) => one.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity === 'unknown' ? 'of unknown severity' : severity}`);
  const exploited = known.some(({ kev }) => kev !== null) ? ', some of them known to be exploited' : '';
  return `Known vulnerabilities: ${counts.join(', ')}${exploited}.`;
}
