/**
 * Telling the client that an index was steered. Nothing is swapped silently: npm prints the `npm-notice` header,
 * and the message of `policyRestrictions` where nothing else matches. Seen with npm 11.19 and 12.2: the notice of
 * an answer that npm puts into its cache is *not* printed, so one that must be read needs `Cache-Control: no-store`.
 */
import { parseCaseId, shortCase } from '../../core/case.ts';
import { forHeader, forTerminal } from '../../core/encode.ts';
import { instantFrom } from './instant.ts';
import type { TagMove } from './tags.ts';

/** One line of a terminal, with npm's own prefix. */
export const longestNotice = 240;
const mostListed = 5;

export interface Withheld {
  readonly version: string;
  readonly why: string;
  /** When waiting alone will lift it, RFC 3339. */
  readonly until: string | undefined;
  readonly caseId: string | undefined;
}

/**
 * For the `npm-notice` header: that `latest` is not upstream's here, and why. Undefined when `latest` did not
 * move: an installed project asks for hundreds of indexes, and a note on each would hide the ones that matter.
 */
export function npmNotice(
  name: string,
  moves: readonly TagMove[],
  withheld: readonly Withheld[],
): string | undefined {
  const move = moves.find(({ tag }) => tag === 'latest');
  if (move === undefined) return undefined;
  const instead = move.to === undefined ? 'nothing older stands' : `latest is ${move.to} here`;
  const why = withheld.find(({ version }) => version === move.from)?.why ?? 'it is not listed';
  const cause = why.replace(/\.\s*$/, '');
  const ask = `; assay explain ${name}@${move.from}`;
  const text = `assay: ${name} ${move.from} withheld, ${instead}: ${cause}`;
  const notice = `${forHeader(text, Math.max(60, longestNotice - ask.length))}${forHeader(ask, 200)}`;
  return forHeader(notice, longestNotice);
}

/** For `RenderPlan.restrictions.message`: what is withheld, newest first as given, and how to learn more. */
export function restrictionMessage(
  name: string,
  withheld: readonly Withheld[],
  moves: readonly TagMove[],
): string {
  const dropped = moves.some(({ tag, to }) => tag === 'latest' && to === undefined);
  const lines = withheld.slice(0, mostListed).map((one) => `  ${withheldLine(one)}`);
  const more = withheld.length - mostListed;
  return [
    `assay withholds ${withheld.length} version${withheld.length === 1 ? '' : 's'} of ${forTerminal(name, 220)}:`,
    ...lines,
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...(dropped ? ['No stable version is left for the tag latest.'] : []),
    `Why, which version to use, how to ask for an exception: assay explain ${forTerminal(`${name}@${withheld[0]?.version ?? ''}`, 300)}`,
  ].join('\n');
}

function withheldLine({ version, why, until, caseId }: Withheld): string {
  const known = caseId === undefined ? undefined : parseCaseId(caseId);
  const label = known === undefined ? '' : ` [${shortCase(known)}]`;
  const free = until === undefined ? '' : ` Free at ${instantFrom(until)}.`;
  return `${forTerminal(version, 60)}${label}  ${forTerminal(why, 200)}${free}`;
}
