/**
 * What follows when the feeds change: decisions about the packages named no longer stand from that moment, and those
 * that were admitted are judged anew at once, so that what became malicious is told of before somebody asks for it. A gate
 * that was killed in between goes on with it when it starts.
 */
import type { Admission } from '../admission/admit.ts';
import type { AdmissionStore, FileRequest, PackageName, ReleaseRecord } from '../admission/deps.ts';
import type { FeedState } from '../core/advisory.ts';
import { messageOf } from '../core/errors.ts';
import type { Result } from '../core/evidence.ts';
import { ecosystems, type Ecosystem } from '../core/purl.ts';
import { gateItself, type UpstreamId } from '../core/subject.ts';
import { rfc3339, type Clock } from '../core/time.ts';
import { judgeFeed, type FeedLimits } from '../evidence/vulnerabilities/feed-age.ts';
import type { EpochsInForce } from './epochs.ts';
import type { FeedListener } from './feeds/store.ts';
import type { Logger } from './logger.ts';

export interface ReconsiderDeps {
  readonly store: Pick<AdmissionStore, 'packages' | 'releasesOf'>;
  readonly epochs: Pick<EpochsInForce, 'feedsChanged' | 'raise' | 'of'>;
  readonly admission: Pick<Admission, 'reconsider'>;
  readonly feedOf: (ecosystem: Ecosystem) => FeedState | undefined;
  readonly limits: FeedLimits;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

const worstFirst: readonly Result[] = ['fail', 'warn', 'pass'];

type Recorded = PackageName & { readonly upstream: UpstreamId };

/** The listener resolves when no older decision about the packages stands any more; judging anew goes on behind it. */
export async function reconsiderOnChange(
  { store, epochs, admission, feedOf, limits, clock, log }: ReconsiderDeps,
  closers: (() => Promise<void>)[],
): Promise<FeedListener> {
  let closing = false;
  let work: Promise<void> = Promise.resolve();
  closers.push(async () => {
    closing = true;
    await work;
  });

  async function judgeAnew(packages: readonly Recorded[]): Promise<void> {
    let judged = 0;
    let revoked = 0;
    for (const { ecosystem, upstream, name } of packages) {
      const { feeds } = epochs.of({ ecosystem, name });
      for (const { file, admittedAt, epochs: then } of await store.releasesOf(upstream, name)) {
        if (closing) return;
        if (admittedAt === undefined || then.feeds >= feeds) continue;
        const release = await again({ upstream, name, file, principal: gateItself });
        if (release === undefined) continue;
        judged += 1;
        if (release.decision.outcome === 'allow') continue;
        revoked += 1;
        log.error({ purl: release.subject.purl }, 'an admitted release is refused from now on');
      }
    }
    if (judged > 0)
      log.info({ packages: packages.length, judged, revoked }, 'admitted releases were judged anew');
  }

  /** One that cannot be judged keeps no other waiting: it is judged when it is asked for. */
  async function again(request: FileRequest): Promise<ReleaseRecord | undefined> {
    try {
      return await admission.reconsider(request);
    } catch (error) {
      log.warn(
        { package: request.name, file: request.file, why: messageOf(error) },
        'an admitted release was not judged anew',
      );
      return undefined;
    }
  }

  function judgeBehind(packages: readonly Recorded[]): void {
    if (packages.length === 0) return;
    work = work
      .then(() => judgeAnew(packages))
      .catch((error: unknown) =>
        log.warn({ why: messageOf(error) }, 'admitted releases were not judged anew'),
      );
  }

  const last = new Map(ecosystems.map((one) => [one, feedOf(one)]));

  /** What waited because the knowledge was missing or old waits no longer, whatever package it is. */
  function isRenewed(ecosystem: Ecosystem | undefined): boolean {
    if (ecosystem === undefined) return false;
    const now = rfc3339(clock());
    const standing = (feed: FeedState | undefined): number =>
      feed === undefined ? -1 : worstFirst.indexOf(judgeFeed(feed, now, limits).result);
    const [before, after] = [last.get(ecosystem), feedOf(ecosystem)];
    last.set(ecosystem, after);
    return standing(after) > standing(before);
  }

  judgeBehind(await store.packages());
  return async ({ ecosystem, names }) => {
    const kept = await store.packages();
    if (isRenewed(ecosystem)) {
      await epochs.raise('feeds');
      return judgeBehind(kept);
    }
    await epochs.feedsChanged({ ecosystem, names });
    const named = new Set(names);
    judgeBehind(
      kept.filter((one) => named.has(one.name) && (ecosystem === undefined || one.ecosystem === ecosystem)),
    );
  };
}
