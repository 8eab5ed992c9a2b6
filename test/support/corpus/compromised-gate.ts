/** A gate with a real feed in force, asked for the compromised releases that the feed lists and for their neighbours. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sha256 } from '../../../src/core/digest.ts';
import { controlClient } from '../../../src/server/control/client.ts';
import { composeGate } from '../composed-gate.ts';
import { tarballName, type PublishInput } from '../fake-package.ts';
import { get } from '../http.ts';
import { asUpstream, feedRecords } from './compromised-releases.ts';

const folder = join(
  process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../../shared'),
  'feeds/npm',
);
const feed = join(folder, 'all.zip');
const popular = join(folder, 'popular-names.json');
export const feedMissing =
  existsSync(feed) && existsSync(popular) ? false : 'ASSAY_SHARED/feeds/npm is not there';

const asksAtOnce = 4;

/**
 * Their bytes are gone from registries: harmless ones stand in, so that the feed alone refuses. Of more packages than
 * `mostPackages`, those whose names' digests come first.
 */
export async function refusesTheListed(t: TestContext, mostPackages: number): Promise<void> {
  const { listed, clean } = asUpstream(feedRecords(readFileSync(feed)));
  const names = [...new Set(listed.map(({ name }) => name))].toSorted((a, b) =>
    sha256(a) < sha256(b) ? -1 : 1,
  );
  const chosen = new Set(names.slice(0, mostPackages));
  const limits = { warnAfterHours: Infinity, failAfterHours: Infinity };
  const gate = await composeGate(t, { feedLimits: limits });
  const control = controlClient(gate.directory);
  const imported = await control.importFeed({ ecosystem: 'npm', from: feed, popular, allowShrink: false });
  assert.equal(imported.feed.canary, 'matched');

  async function answersTo(releases: readonly PublishInput[]): Promise<ReadonlyMap<string, number>> {
    const answers = new Map<string, number>();
    const waiting = releases.filter(({ name }) => chosen.has(name));
    const worker = async (): Promise<void> => {
      for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
        const { name, version } = one;
        const { status } = await get(`${gate.url}${name}/-/${tarballName(name, version)}`);
        answers.set(`${name}@${version}`, status);
      }
    };
    await Promise.all(Array.from({ length: asksAtOnce }, worker));
    return answers;
  }

  // All of them before the first look: what comes after it is young.
  for (const release of [...listed, ...clean]) if (chosen.has(release.name)) gate.registry.publish(release);
  const bad = await answersTo(listed);
  const good = await answersTo(clean);
  assert.ok(bad.size > 0 && good.size > 0);
  t.diagnostic(
    `${chosen.size} of ${names.length} packages: ${bad.size} listed releases, ${good.size} neighbours`,
  );
  assert.deepEqual(
    [...bad].filter(([, status]) => status !== 403),
    [],
  );
  assert.deepEqual(
    [...good].filter(([, status]) => status !== 200),
    [],
  );
  for (const what of bad.keys()) {
    const [found] = (await control.explain(what)).matches;
    assert.deepEqual(
      found?.reasons.map(({ rule }) => rule),
      ['npm/known-malware'],
      what,
    );
  }
}
