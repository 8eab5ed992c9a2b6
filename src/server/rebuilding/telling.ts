/**
 * Whoever decided before a build ended is told of it: decisions about its package no longer stand. How far that came is kept, so
 * that a gate which was killed between the record and the telling goes on with it when it starts.
 */
import type { Purl } from '../../core/purl.ts';
import type { StoredBuild } from '../../storage/builds.ts';
import type { Storage } from '../../storage/open.ts';

type Told = Pick<StoredBuild, 'at' | 'id'>;

const key = 'builds-told';
const pageSize = 200;

export interface TellingDeps {
  readonly storage: Pick<Storage, 'builds' | 'settings'>;
  readonly onChange: (purl: Purl) => Promise<void>;
}

/** Everything that was recorded since the last telling, oldest first. Throws STORAGE_*. */
export async function tellOfBuilds({ storage, onChange }: TellingDeps): Promise<void> {
  let told = toldFrom(await storage.settings.setting(key));
  for (;;) {
    const page = await storage.builds.page(told, pageSize);
    for (const purl of new Set(page.map((build) => build.purl))) await onChange(purl);
    const last = page.at(-1);
    if (last === undefined) return;
    told = { at: last.at, id: last.id };
    await storage.settings.setSetting(key, JSON.stringify(told));
    if (page.length < pageSize) return;
  }
}

/** What was written is ours. */
function toldFrom(text: string | undefined): Told | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Told);
}
