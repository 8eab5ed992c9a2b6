/** Small state of the gate: the epochs that decisions carry, and named values. */
import { sql, type Kysely } from 'kysely';
import type { Epochs } from '../core/decision.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

export interface SettingsStore {
  readonly epochs: () => Promise<Epochs>;
  /** Returns all epochs after the change. */
  readonly bumpEpoch: (which: keyof Epochs) => Promise<Epochs>;
  /**
   * In one transaction: when `value` differs from the setting `key`, the epoch rises and the setting is stored.
   * With the policy's digest as value, decisions of an earlier policy are asked again.
   */
  readonly bumpEpochOnChange: (which: keyof Epochs, key: string, value: string) => Promise<Epochs>;
  readonly setting: (key: string) => Promise<string | undefined>;
  readonly setSetting: (key: string, value: string) => Promise<void>;
}

export function createSettingsStore(db: Kysely<Schema>, { write }: WriteQueue): SettingsStore {
  return {
    epochs: () => readEpochs(db),
    bumpEpoch: (which) =>
      write(async (inside) => {
        await raise(inside, which);
        return readEpochs(inside);
      }),
    bumpEpochOnChange: (which, key, value) =>
      write(async (inside) => {
        if ((await readSetting(inside, key)) !== value) {
          await raise(inside, which);
          await writeSetting(inside, key, value);
        }
        return readEpochs(inside);
      }),
    setting: (key) => readSetting(db, key),
    setSetting: (key, value) => write((inside) => writeSetting(inside, key, value)),
  };
}

async function readEpochs(db: Kysely<Schema>): Promise<Epochs> {
  const rows = await db.selectFrom('epochs').selectAll().execute();
  const value = (name: keyof Epochs): number => rows.find((row) => row.name === name)?.value ?? 0;
  return {
    policy: value('policy'),
    feeds: value('feeds'),
    exceptions: value('exceptions'),
    revocations: value('revocations'),
  };
}

async function raise(db: Kysely<Schema>, which: keyof Epochs): Promise<void> {
  await db
    .updateTable('epochs')
    .set({ value: sql`value + 1` })
    .where('name', '=', which)
    .execute();
}

export async function readSetting(db: Kysely<Schema>, key: string): Promise<string | undefined> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return row?.value;
}

export async function writeSetting(db: Kysely<Schema>, key: string, value: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}
