/**
 * The counters that decisions carry, as they stand now: raised while the gate runs, decisions are asked again. A change of
 * the feeds concerns the packages it names: those alone are asked again, also after a restart in the middle of it.
 */
import type { PackageName } from '../admission/deps.ts';
import type { Epochs } from '../core/decision.ts';
import type { Ecosystem } from '../core/purl.ts';
import type { SettingsStore } from '../storage/settings.ts';
import { z } from './zod.ts';

export interface EpochsInForce {
  /** As they concern one package. */
  readonly of: (about: PackageName) => Epochs;
  /** Concerns every package. Durable when it resolves. Throws STORAGE_*. */
  readonly raise: (which: keyof Epochs) => Promise<void>;
  /** The feeds say something else of these. Durable when it resolves. Throws STORAGE_*. */
  readonly feedsChanged: (change: FeedsChanged) => Promise<void>;
}

export interface FeedsChanged {
  /** Undefined: of any. */
  readonly ecosystem: Ecosystem | undefined;
  readonly names: readonly string[];
}

const settingKey = 'feeds-concerned';
/** Beyond, all are asked again: that is cheaper than remembering them. */
const mostNames = 20_000;

const shape = z.object({
  /** The counter `feeds` when this was written. */
  at: z.number(),
  /** Decisions from before it are asked again, whatever they are about. */
  floor: z.number(),
  names: z.array(z.tuple([z.string(), z.number()])),
});

interface Concerned {
  readonly floor: number;
  readonly names: ReadonlyMap<string, number>;
}

type Store = Pick<SettingsStore, 'bumpEpoch' | 'setting' | 'setSetting'>;

/** Throws STORAGE_*. */
export async function epochsFrom(start: Epochs, store: Store): Promise<EpochsInForce> {
  let current = start;
  let concerned = readConcerned(await store.setting(settingKey), start.feeds);
  let turn: Promise<unknown> = Promise.resolve();

  async function rise(which: keyof Epochs): Promise<number> {
    const raised = await store.bumpEpoch(which);
    // Two that end in another order than they began must not take a counter back.
    if (raised[which] > current[which]) current = { ...current, [which]: raised[which] };
    return raised[which];
  }

  /** What is in memory stands at once; what is on disk may be behind, and then says so by its `at`. */
  async function concern(change: (at: number) => Concerned): Promise<void> {
    const before = turn;
    const work = async (): Promise<void> => {
      await before;
      const at = await rise('feeds');
      concerned = change(at);
      const { floor, names } = concerned;
      await store.setSetting(settingKey, JSON.stringify({ at, floor, names: [...names] }));
    };
    const done = work();
    turn = done.catch(() => undefined);
    await done;
  }

  return {
    of: ({ ecosystem, name }) => {
      const feeds = Math.max(
        concerned.floor,
        concerned.names.get(`${ecosystem}/${name}`) ?? 0,
        concerned.names.get(`*/${name}`) ?? 0,
      );
      return { ...current, feeds };
    },
    raise: async (which) => {
      if (which !== 'feeds') return void (await rise(which));
      await concern((at) => ({ floor: at, names: new Map() }));
    },
    // Also of packages without any decision: one may be under way, and recorded in a moment.
    feedsChanged: ({ ecosystem, names }) =>
      concern((at) =>
        withNames(
          concerned,
          names.map((name) => `${ecosystem ?? '*'}/${name}`),
          at,
        ),
      ),
  };
}

function withNames({ floor, names }: Concerned, added: readonly string[], at: number): Concerned {
  const all = new Map(names);
  for (const key of added) all.set(key, at);
  return all.size > mostNames ? { floor: at, names: new Map() } : { floor, names: all };
}

/** Nothing readable, or written before the last change: all are asked again. */
function readConcerned(stored: string | undefined, feeds: number): Concerned {
  const parsed = shape.safeParse(stored === undefined ? undefined : jsonOf(stored));
  if (!parsed.success || parsed.data.at !== feeds) return { floor: feeds, names: new Map() };
  return { floor: parsed.data.floor, names: new Map(parsed.data.names) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
