/** Which of the statements kept say something of an advisory about a release, at this instant. */
import type { AdvisoryMatch } from '../../core/advisory.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import { instantOf } from '../../core/time.ts';
import type { VexStatement } from '../../core/vex.ts';

export interface VexQuestion {
  /** With its version. */
  readonly purl: Purl;
  readonly match: Pick<AdvisoryMatch, 'id' | 'aliases'>;
  /** RFC 3339 UTC. */
  readonly now: string;
}

/** Third parties speak here only when the operator named them. */
export function byNamedSigners(
  statements: readonly VexStatement[],
  signers: ReadonlySet<string>,
): readonly VexStatement[] {
  return statements.filter(({ author }) => signers.has(author));
}

/**
 * Those within their window, newest first, one by each author. Asked anew each time: what ended, or no longer fits, has no
 * effect any more.
 */
export function applyingStatements(
  statements: readonly VexStatement[],
  question: VexQuestion,
): readonly VexStatement[] {
  const ids = new Set([question.match.id, ...question.match.aliases]);
  const applying = statements
    .filter(
      (one) =>
        isWithin(one, question.now) &&
        one.vulnerabilities.some((id) => ids.has(id)) &&
        isAbout(one.product, question.purl),
    )
    .toSorted(compareStatements);
  const authors = new Set<string>();
  return applying.filter(({ author }) => !authors.has(author) && authors.add(author));
}

/**
 * The statement by which the advisory does not concern the release; undefined when there is none, or when any author who
 * may speak says otherwise.
 */
export function clearingStatement(applying: readonly VexStatement[]): VexStatement | undefined {
  const isClearing = ({ status }: VexStatement): boolean => status === 'not_affected' || status === 'fixed';
  return applying.every(isClearing) ? applying[0] : undefined;
}

/** A time that cannot be read is outside. */
function isWithin({ from, until }: VexStatement, now: string): boolean {
  const at = instantOf(now);
  return instantOf(from) <= at && (until === undefined || at < instantOf(until));
}

/** A product without a version is every version. */
function isAbout(product: Purl, purl: Purl): boolean {
  if (product === purl) return true;
  const [stated, asked] = [parsePurl(product), parsePurl(purl)];
  return stated.version === undefined && stated.ecosystem === asked.ecosystem && stated.name === asked.name;
}

/** Of one time, the one that clears comes last. */
function compareStatements(a: VexStatement, b: VexStatement): number {
  const times = instantOf(b.from) - instantOf(a.from);
  const rank = ({ status }: VexStatement): number =>
    ['affected', 'under_investigation', 'fixed', 'not_affected'].indexOf(status);
  return times || rank(a) - rank(b);
}
