/**
 * Was everybody told of the newest change? A gate that died between a change and its telling, and one whose configuration
 * names other signers than before, finds out when it starts.
 */
import { sha256, type Sha256 } from '../../core/digest.ts';
import type { SettingsStore } from '../../storage/settings.ts';

export interface TellingDeps {
  readonly settings: Pick<SettingsStore, 'setting' | 'setSetting'>;
  /** Id of the newest entry about feeds and VEX; undefined when there is none. */
  readonly newest: () => Promise<string | undefined>;
  /** What is on record and cannot be used, and whose documents can be verified: neither is an entry. */
  readonly besides: () => unknown;
  /** Whatever was decided is to be decided again. */
  readonly onUntold: () => Promise<void>;
}

/** Around what makes a change and tells of it. */
export type Settling = <A extends readonly unknown[], T>(
  work: (...args: A) => Promise<T>,
) => (...args: A) => Promise<T>;

const settingKey = 'feeds-told';

/** Throws STORAGE_*. */
export async function openTelling(deps: TellingDeps): Promise<Settling> {
  const { settings, newest, besides, onUntold } = deps;
  let running = 0;
  let failed = false;
  let told = await settings.setting(settingKey);
  if (told === undefined && (await newest()) === undefined) await settle();
  else await mend();

  async function basis(): Promise<Sha256> {
    return sha256(JSON.stringify([(await newest()) ?? null, besides()]));
  }

  async function settle(): Promise<void> {
    const now = await basis();
    if (now === told) return;
    await settings.setSetting(settingKey, now);
    told = now;
  }

  async function mend(): Promise<void> {
    if ((await basis()) === told) return;
    await onUntold();
    await settle();
  }

  return (work) =>
    async (...args) => {
      running += 1;
      try {
        return await work(...args);
      } catch (error) {
        failed = true;
        throw error;
      } finally {
        running -= 1;
        // While another one is under way, nobody was told of its entry yet.
        if (running === 0) {
          await (failed ? mend() : settle());
          failed = false;
        }
      }
    };
}
