/** A feed store on a real disk, with the real threads; what it fetches is played. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { FeedSettings, VexSignerSettings } from '../../src/server/config/settings.ts';
import type { FeedRequest } from '../../src/server/feeds/fetching.ts';
import { openFeeds, type Feeds } from '../../src/server/feeds/for-gate.ts';
import { openStorage, type Storage } from '../../src/storage/open.ts';
import { osvJson, zipOf } from './osv.ts';

export interface FeedBench {
  readonly directory: string;
  readonly storage: Storage;
  /** What a URL answers. */
  readonly served: Map<string, Uint8Array>;
  /** URLs that were asked for. */
  readonly asked: string[];
  /** The clock. */
  readonly now: { at: string };
  /** Told about changes, in order. */
  readonly changes: { readonly ecosystem: string | undefined; readonly names: readonly string[] }[];
  /** How often a start, or a failure, made everything to be decided again. */
  readonly untold: { count: number };
  readonly write: (name: string, content: Uint8Array | string) => Promise<string>;
  /** As a gate that starts on this disk. */
  readonly open: (
    feeds?: readonly FeedSettings[],
    vexSigners?: readonly VexSignerSettings[],
  ) => Promise<Feeds>;
}

export async function feedBench(t: TestContext): Promise<FeedBench> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-feeds-'));
  const storage = await openStorage({ directory: join(directory, 'data') });
  const closers: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const close of closers.reverse()) await close();
    await storage.close();
    await rm(directory, { recursive: true });
  });
  const served = new Map<string, Uint8Array>();
  const asked: string[] = [];
  const changes: FeedBench['changes'] = [];
  const untold = { count: 0 };
  const now = { at: '2026-11-20T12:00:00.000Z' };
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  return {
    directory,
    storage,
    served,
    asked,
    now,
    changes,
    untold,
    write: async (name, content) => {
      const path = join(directory, name);
      await writeFile(path, content);
      return path;
    },
    open: async (feeds = [], vexSigners = []) => {
      const opened = await openFeeds(
        {
          settings: { feeds, vexSigners, dataDirectory: join(directory, 'data') },
          storage,
          clock: () => new Date(now.at),
          log: quiet,
          onUntold: async () => void (untold.count += 1),
          files: {
            read: async (url) => {
              asked.push(url.href);
              return served.get(url.href);
            },
          },
          firstRefreshMs: 1,
        },
        closers,
      );
      opened.onChange(({ ecosystem, names }) => void changes.push({ ecosystem, names: [...names] }));
      return opened;
    },
  };
}

/** What every feed of npm has. */
export const canary = osvJson('GHSA-cccc-cccc-cccc', 'lodash', {
  affected: [
    {
      package: { ecosystem: 'npm', name: 'lodash' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '4.17.5' }] }],
    },
  ],
});

/** With the canary, as every feed has one. */
export function feedZip(records: readonly JsonObject[]): Buffer {
  const all = [canary, ...records];
  return zipOf(all.map((record, n) => ({ name: `${n}.json`, text: JSON.stringify(record) })));
}

export function request(from: string | undefined, change: Partial<FeedRequest> = {}): FeedRequest {
  return {
    ecosystem: 'npm',
    from,
    delta: undefined,
    lists: { epss: undefined, kev: undefined, popular: undefined },
    allowShrink: false,
    ...change,
  };
}
