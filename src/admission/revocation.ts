/** An admitted release that becomes known as malicious is refused from then on, and those who had it are told of. */
import { rfc3339 } from '../core/time.ts';
import type { ReleaseRecord } from './deps.ts';
import type { Rooms } from './rooms.ts';

/** More are counted, and listed by `assay pulls`. */
const shownPullers = 50;

/** Throws STORAGE_*. */
export async function raiseRevocation(
  rooms: Rooms,
  before: ReleaseRecord,
  { id, subject, decision }: ReleaseRecord,
): Promise<void> {
  if (before.admittedAt === undefined || before.decision.outcome !== 'allow') return;
  const cause = decision.reasons.find(
    ({ rule, outcome }) => rule.endsWith('/known-malware') && outcome === 'block',
  );
  if (cause === undefined) return;
  const pulls = await rooms.pulls(id);
  const total = pulls.reduce((sum, { count }) => sum + count, 0);
  const whom =
    pulls.length === 0
      ? 'Nobody is on record as having pulled it through this gate.'
      : `It was pulled ${total} times by ${pulls.length} callers: assay pulls ${subject.purl} lists them.`;
  await rooms.store.raiseAlarm({
    kind: 'malware-admitted',
    severity: 'critical',
    about: subject.purl,
    message: `${subject.purl}, admitted before, is refused from now on. ${cause.why} ${whom}`,
    data: {
      items: [...cause.items],
      artifact: subject.artifact ?? null,
      pullers: pulls.length,
      pulledBy: pulls.slice(0, shownPullers).map(({ puller }) => `${puller.kind} ${puller.name}`.trim()),
    },
    at: rfc3339(rooms.clock()),
  });
}
