/** Alarms: the same kind, subject and data are one alarm whose count and time rise. */
import { sql, type Kysely } from 'kysely';
import type { NewAlarm } from '../admission/deps.ts';
import type { Alarm, AlarmKind } from '../core/alarm.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { AlarmTable, Schema } from './schema.ts';
import { fromJson, pageLimit } from './text.ts';

export async function writeAlarm(db: Kysely<Schema>, alarm: NewAlarm): Promise<void> {
  const { kind, severity, about, data, at } = alarm;
  const id = sha256(canonicalJson({ kind, about, data })).slice(0, 32);
  // Hostile text may hold what the database would not keep as it is.
  const message = alarm.message.toWellFormed().replaceAll('\0', '');
  await db
    .insertInto('alarms')
    .values({
      id,
      kind,
      severity,
      about,
      message,
      data: JSON.stringify(data),
      first_at: at,
      last_at: at,
      count: 1,
    })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        severity,
        message,
        count: sql`alarms.count + 1`,
        last_at: sql`CASE WHEN excluded.last_at > alarms.last_at THEN excluded.last_at ELSE alarms.last_at END`,
      }),
    )
    .execute();
}

/** Last raised first. */
export async function readAlarms(db: Kysely<Schema>, limit: number): Promise<readonly Alarm[]> {
  const rows = await db
    .selectFrom('alarms')
    .selectAll()
    .orderBy('last_at', 'desc')
    .orderBy('id')
    .limit(pageLimit(limit))
    .execute();
  return rows.map(alarmOf);
}

function alarmOf(row: AlarmTable): Alarm {
  return {
    id: row.id,
    kind: row.kind as AlarmKind,
    severity: row.severity as Alarm['severity'],
    about: row.about,
    message: row.message,
    data: fromJson(row.data, 'the data of an alarm') as JsonObject,
    firstAt: row.first_at,
    lastAt: row.last_at,
    count: row.count,
  };
}
