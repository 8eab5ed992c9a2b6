/** Advisories that somebody here, or a signer whom the operator named, says do not concern this release. Each word ends. */
import type { AdvisoryMatch, AdvisoryOverride } from '../../core/advisory.ts';
import type { CollectorInput } from '../../core/collector.ts';
import type { EvidenceItem } from '../../core/evidence.ts';
import { ownString } from '../../core/json.ts';
import { instantOf } from '../../core/time.ts';
import type { VexStatement } from '../../core/vex.ts';
import { applyingStatements, clearingStatement } from '../../advisories/vex/applying.ts';
import { titleOf } from './words.ts';

type Input = Pick<CollectorInput, 'advisoryOverrides' | 'vex' | 'subject' | 'now'> & {
  readonly name: string;
  readonly version: string;
};

export interface SetAside {
  readonly standing: readonly AdvisoryMatch[];
  /** What was set aside, and by whom: never in silence. */
  readonly aside: readonly EvidenceItem[];
  /** When the first of those words ends, and the release must be judged anew. RFC 3339 UTC. */
  readonly until: string | null;
}

export function setAside(matches: readonly AdvisoryMatch[], input: Input): SetAside {
  const standing: AdvisoryMatch[] = [];
  const aside: EvidenceItem[] = [];
  for (const match of matches) {
    const item = overriddenItem(match, input) ?? clearedItem(match, input);
    if (item === undefined) standing.push(match);
    else aside.push(item);
  }
  return { standing, aside, until: firstEnd(aside) };
}

function firstEnd(aside: readonly EvidenceItem[]): string | null {
  const ends = aside.flatMap(({ data }) => ownString(data ?? {}, 'until') ?? []);
  return ends.toSorted((a, b) => instantOf(a) - instantOf(b))[0] ?? null;
}

function overriddenItem(match: AdvisoryMatch, input: Input): EvidenceItem | undefined {
  const override = input.advisoryOverrides.find((one) => isInForce(one, match, input));
  if (override === undefined) return undefined;
  const { by, reason, until } = override;
  return item(match, `set aside by ${by} until ${until}: ${reason}`, { by, until });
}

function isInForce(override: AdvisoryOverride, match: AdvisoryMatch, input: Input): boolean {
  const { id, name, version, from, until } = override;
  const at = instantOf(input.now);
  return (
    (id === match.id || match.aliases.includes(id)) &&
    name === input.name &&
    (version === undefined || version === input.version) &&
    instantOf(from) <= at &&
    at < instantOf(until)
  );
}

/** Statements are about vulnerabilities. That a package is no malware, only somebody here may say. */
function clearedItem(match: AdvisoryMatch, input: Input): EvidenceItem | undefined {
  if (match.malicious) return undefined;
  const { purl } = input.subject;
  const statement = clearingStatement(applyingStatements(input.vex, { purl, match, now: input.now }));
  return statement === undefined ? undefined : item(match, wordsOf(statement), vexData(statement));
}

function wordsOf({ author, status, justification, statement, until }: VexStatement): string {
  const why = [justification, statement].filter((one) => one !== undefined && one !== '').join(': ');
  return `${author} states "${status}"${why === '' ? '' : ` (${why})`}${until === undefined ? '' : `, until ${until}`}`;
}

function vexData({ author, status, justification, until }: VexStatement): Readonly<Record<string, string>> {
  return {
    by: author,
    status,
    ...(justification !== undefined && { justification }),
    ...(until !== undefined && { until }),
  };
}

function item(match: AdvisoryMatch, words: string, data: Readonly<Record<string, string>>): EvidenceItem {
  return {
    id: `vulnerabilities/set-aside/${match.id}`,
    message: `${titleOf(match)}: ${words}`,
    data: { id: match.id, ...data },
  };
}
