/**
 * Who wrote and who reviewed the commits since the version before: what is built faithfully from a malicious commit matches its
 * source. Three verdicts of their own: `rule.history-rewritten` (`fail`: what the version before was made from is no part of the
 * history, and of no other line of it; `warn`: whether a branch ever had it is not known), `rule.new-author` (`warn`: somebody new
 * changed what runs at install, in a build or in CI), `rule.unreviewed` (`warn`: the forge says that some were approved by
 * nobody). What was not looked at, or not told, is `not-checked` in each. Asked for every decision, as builds end later.
 */
import type { Collector, CollectorInput } from '../../core/collector.ts';
import { commitsSentence, unreviewedOf, type CommitsListed } from '../../core/commits.ts';
import type { EvidenceItem, Result } from '../../core/evidence.ts';
import { recordOf, type Finding } from '../record.ts';

type Input = Pick<CollectorInput, 'subject' | 'rebuildOf' | 'now'>;

export const commitsCollector: Collector = {
  kind: 'commits',
  version: '1',
  scope: 'release',
  refresh: (input) => recordOf(commitsCollector, input, examine(input)),
  collect: (input) => recordOf(commitsCollector, input, examine(input)),
};

function examine({ subject, rebuildOf }: Input): Finding {
  const { artifact } = subject;
  const record = artifact === undefined ? undefined : rebuildOf?.(subject.purl, artifact)?.record;
  if (record === undefined)
    return notChecked('The commits of its source were not looked at: it was not built from source here.');
  if (record.artifact !== artifact)
    return notChecked(
      'The commits were looked at of a source that other bytes than these were compared with.',
    );
  const { source } = record;
  if (source === undefined) return notChecked('Its source was not found, so that nobody saw its commits.');
  if (source.source.kind !== 'git')
    return { result: 'not-available', summary: 'Its source is an archive, which has no commits.' };
  const { commits } = source;
  if (commits === undefined)
    return notChecked('No version before it is known here that its commits could be counted from.');
  return commits.state === 'listed' ? listed(commits) : notChecked(commitsSentence(commits));
}

function notChecked(summary: string): Finding {
  return { result: 'not-checked', summary };
}

function listed(of: CommitsListed): Finding {
  const { since, lineage, total, peopleTotal, newcomers, signed, reviews, findings, findingsTotal } = of;
  const verdicts = {
    'history-rewritten': rewritten(of),
    'new-author': newAuthor(of),
    unreviewed: unreviewed(of),
  };
  const items: readonly EvidenceItem[] = findings.map(({ rule, message, commit }) => ({
    id: `commits/${rule}`,
    message,
    data: { commit: commit ?? null },
  }));
  const more =
    findingsTotal > findings.length
      ? [{ id: 'commits/more', message: `${findingsTotal - findings.length} more are not listed.` }]
      : [];
  const odd = findings.some(({ rule }) => rule === 'dates') ? (['warn'] as const) : [];
  return {
    result: worst([...Object.values(verdicts), ...odd]),
    summary: [commitsSentence(of), findings[0]?.message ?? ''].join(' ').trim(),
    facts: {
      since: since.version,
      sinceCommit: since.commit,
      sinceAdmitted: since.admitted,
      lineage,
      commits: total,
      people: peopleTotal,
      newcomers,
      // Nobody checks signatures of commits: this says how many have one.
      signed,
      reviewed: reviews.state === 'told' ? reviews.counts.approved : null,
      unreviewed: reviews.state === 'told' ? unreviewedOf(reviews) : null,
      ...Object.fromEntries(Object.entries(verdicts).map(([rule, result]) => [`rule.${rule}`, result])),
    },
    items: [...items, ...more],
  };
}

function rewritten({ lineage }: CommitsListed): Result {
  if (lineage === 'rewritten') return 'fail';
  return lineage === 'off-branch' ? 'warn' : 'pass';
}

/** With the commit before gone, nobody saw what came since. */
function isUnseen({ lineage, total }: CommitsListed): boolean {
  return lineage === 'rewritten' && total === 0;
}

function newAuthor(of: CommitsListed): Result {
  if (of.findings.some(({ rule }) => rule === 'new-author')) return 'warn';
  return isUnseen(of) || of.looked < of.total ? 'not-checked' : 'pass';
}

function unreviewed(of: CommitsListed): Result {
  const { reviews, total } = of;
  if (isUnseen(of)) return 'not-checked';
  if (total === 0) return 'pass';
  if (reviews.state === 'not-checked') return 'not-checked';
  if (unreviewedOf(reviews) > 0) return 'warn';
  return reviews.untold > 0 ? 'not-checked' : 'pass';
}

function worst(all: readonly Result[]): Result {
  const order = ['fail', 'warn', 'not-checked'] as const;
  return order.find((one) => all.includes(one)) ?? 'pass';
}
