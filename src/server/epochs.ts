/** The counters that decisions carry, as they stand now: raised while the gate runs, what was refused is asked again. */
import type { Epochs } from '../core/decision.ts';
import type { SettingsStore } from '../storage/settings.ts';

export interface EpochsInForce {
  readonly now: () => Epochs;
  /** Durable when it resolves. Throws STORAGE_*. */
  readonly raise: (which: keyof Epochs) => Promise<void>;
}

export function epochsFrom(start: Epochs, { bumpEpoch }: Pick<SettingsStore, 'bumpEpoch'>): EpochsInForce {
  let current = start;
  return {
    now: () => current,
    raise: async (which) => {
      const raised = await bumpEpoch(which);
      // Two that end in another order than they began must not take a counter back.
      if (raised[which] > current[which]) current = { ...current, [which]: raised[which] };
    },
  };
}
