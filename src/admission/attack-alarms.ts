/** What only an attack or a broken reader explains is told to people, whatever policy decided. */
import type { Reason } from '../core/decision.ts';
import type { Subject } from '../core/subject.ts';
import { rfc3339 } from '../core/time.ts';
import type { Rooms } from './rooms.ts';

const attackAlarms = new Map([
  ['archive', 'archive-attack'],
  ['manifest', 'manifest-confusion'],
] as const);

export async function raiseAttackAlarms(
  rooms: Rooms,
  subject: Subject,
  reasons: readonly Reason[],
): Promise<void> {
  for (const reason of reasons) {
    const dead = reason.evidence === 'archive' && reason.result === 'error';
    const kind = dead
      ? 'reader-died'
      : reason.result === 'fail'
        ? attackAlarms.get(reason.evidence as 'archive')
        : undefined;
    if (kind === undefined) continue;
    const data = { rule: reason.rule, items: [...reason.items], artifact: subject.artifact ?? null };
    const at = rfc3339(rooms.clock());
    await rooms.store.raiseAlarm({
      kind,
      severity: 'critical',
      about: subject.purl,
      message: reason.why,
      data,
      at,
    });
  }
}
