/** Runs a scanner over the corpus, the twins and the real packages, two packages at a time. */
import type { ScanAttempt } from '../../../src/core/scan-report.ts';
import { malicious, tarballOf, twins, twinTree } from '../corpus/corpus.ts';
import { unlisted } from '../corpus/incidents/unlisted.ts';
import { packagesOf, tarballOfReal, type SetName } from './real-packages.ts';
import type { Measured, MeasuredMalicious, MeasuredTwin } from './tables.ts';

/** Scans one tarball as the gate would, without a version before it. */
export type ScanTarball = (tarball: Uint8Array) => Promise<ScanAttempt>;

export async function measureIncidents(scan: ScanTarball): Promise<readonly MeasuredMalicious[]> {
  return twoAtATime(malicious, async ({ id, incident, variant, half, tree }) => ({
    id,
    incident: incident.id,
    variant,
    half,
    planned: !unlisted.includes(incident),
    outcome: await scan(tarballOf(tree())),
  }));
}

export async function measureTwins(scan: ScanTarball): Promise<readonly MeasuredTwin[]> {
  return twoAtATime(twins, async (twin) => ({
    id: twin.id,
    looksLike: twin.looksLike,
    outcome: await scan(tarballOf(twinTree(twin))),
  }));
}

/** Of packages that were fetched before (`fetchAll`). */
export async function measureReal(
  scan: ScanTarball,
  cache: string,
  set: SetName,
): Promise<readonly Measured[]> {
  return twoAtATime(packagesOf(set), async (one) => ({
    id: `${one.name}@${one.version}`,
    outcome: await scan(await tarballOfReal(cache, one)),
  }));
}

/** Results in the order of the items. */
async function twoAtATime<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = new Map<number, Result>();
  const waiting = items.entries();
  const run = async (): Promise<void> => {
    for (const [index, item] of waiting) results.set(index, await work(item));
  };
  await Promise.all([run(), run()]);
  return items.flatMap((_, index) => {
    const result = results.get(index);
    return result === undefined ? [] : [result];
  });
}
