/** What two independent readers made of the archive. Evidence about the bytes alone. */
import type { Collector, ReadingOutcome } from '../../core/collector.ts';
import { recordOf, type Finding } from '../record.ts';

export const archiveCollector: Collector = {
  kind: 'archive',
  version: '1',
  scope: 'artifact',
  collect: (input) => recordOf(archiveCollector, input, examine(input.archive)),
};

function examine(archive: ReadingOutcome): Finding {
  if (archive.state === 'failed') {
    const item = { id: 'archive/reader-failed', message: archive.message, data: { code: archive.code } };
    return { result: 'error', summary: 'The archive could not be read.', items: [item] };
  }
  const { verdict, members, totalBytes, findings, readers } = archive.reading;
  const facts = { verdict, members: members.length, totalBytes, readers: readers.join(', ') };
  if (verdict === 'agreed' && findings.length === 0) {
    const many = members.length === 1 ? '1 member' : `${members.length} members`;
    return { result: 'pass', summary: `${many}, read alike by ${facts.readers}.`, facts };
  }
  const summary =
    verdict === 'disagreed'
      ? 'Independent readers see different members in this archive.'
      : `The archive is not one we accept: ${findings[0]?.message ?? 'no reason was recorded'}`;
  return { result: 'fail', summary, facts, items: findings };
}
