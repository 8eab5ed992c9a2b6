/** An admitted release that becomes known as malicious, or is seen to be, is refused from then on; who had it is told. */
import type { Verdict } from '../core/decision.ts';
import type { AlarmKind } from '../core/alarm.ts';
import { rfc3339 } from '../core/time.ts';
import type { ReleaseRecord } from './deps.ts';
import type { Rooms } from './rooms.ts';

/** More are counted, and listed by `assay pulls`. */
const shownPullers = 50;
/** In the sentence itself. */
const namedPullers = 5;

/** Before the verdict is on record: after a crash in between it is told twice, and never not at all. Throws STORAGE_*. */
export async function raiseRevocation(
  rooms: Rooms,
  { id, subject, admittedAt, decision }: ReleaseRecord,
  { reasons }: Verdict,
): Promise<void> {
  if (admittedAt === undefined || decision.outcome !== 'allow') return;
  const cause = reasons.find(
    ({ rule, outcome }) => /\/(?:known-malware|rebuild|behaviour)$/.test(rule) && outcome === 'block',
  );
  if (cause === undefined) return;
  const pulls = await rooms.pulls(id);
  const total = pulls.reduce((sum, { count }) => sum + count, 0);
  const names = pulls.map(({ puller }) => `${puller.kind} ${puller.name}`.trim());
  const [first, more] = [names.slice(0, namedPullers).join(', '), names.length > namedPullers ? ', …' : ''];
  const whom =
    pulls.length === 0
      ? 'Nobody is on record as having pulled it through this gate.'
      : `It was pulled ${total} times by ${pulls.length} callers (${first}${more}): assay pulls ${subject.purl} lists them.`;
  await rooms.store.raiseAlarm({
    kind: alarmOf(cause.rule),
    severity: 'critical',
    about: subject.purl,
    message: `${subject.purl}, admitted before, is refused from now on. ${cause.why} ${whom}`,
    data: {
      items: [...cause.items],
      artifact: subject.artifact ?? null,
      pullers: pulls.length,
      pulledBy: names.slice(0, shownPullers),
    },
    at: rfc3339(rooms.clock()),
  });
}

function alarmOf(rule: string): AlarmKind {
  if (rule.endsWith('/rebuild')) return 'rebuild-suspicious';
  return rule.endsWith('/behaviour') ? 'behaviour-suspicious' : 'malware-admitted';
}
