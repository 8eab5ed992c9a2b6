/**
 * What follows when the feeds change: decisions about the packages named no longer stand from that moment, and those
 * that were admitted are judged anew at once, so that what became malicious is told of before somebody asks for it.
 */
import type { Admission } from '../admission/admit.ts';
import type { AdmissionStore, PackageName } from '../admission/deps.ts';
import { messageOf } from '../core/errors.ts';
import { gateItself, type UpstreamId } from '../core/subject.ts';
import type { EpochsInForce } from './epochs.ts';
import type { FeedListener } from './feeds/store.ts';
import type { Logger } from './logger.ts';

export interface ReconsiderDeps {
  readonly store: Pick<AdmissionStore, 'packages' | 'releasesOf'>;
  readonly epochs: Pick<EpochsInForce, 'feedsChanged'>;
  readonly admission: Pick<Admission, 'reconsider'>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

type Recorded = PackageName & { readonly upstream: UpstreamId };

/** The listener resolves when no older decision about the packages stands any more; judging anew goes on behind it. */
export function reconsiderOnChange(
  { store, epochs, admission, log }: ReconsiderDeps,
  closers: (() => Promise<void>)[],
): FeedListener {
  let closing = false;
  let work: Promise<void> = Promise.resolve();
  closers.push(async () => {
    closing = true;
    await work;
  });

  async function judgeAnew(packages: readonly Recorded[]): Promise<void> {
    let judged = 0;
    let revoked = 0;
    for (const { upstream, name } of packages) {
      for (const { file, admittedAt } of await store.releasesOf(upstream, name)) {
        if (closing) return;
        if (admittedAt === undefined) continue;
        const release = await admission.reconsider({ upstream, name, file, principal: gateItself });
        if (release === undefined) continue;
        judged += 1;
        if (release.decision.outcome === 'allow') continue;
        revoked += 1;
        log.error({ purl: release.subject.purl }, 'an admitted release is refused from now on');
      }
    }
    log.info({ packages: packages.length, judged, revoked }, 'admitted releases were judged anew');
  }

  return async ({ ecosystem, names }) => {
    const kept = await store.packages();
    await epochs.feedsChanged({ ecosystem, names, kept });
    const named = new Set(names);
    const touched = kept.filter(
      (one) => named.has(one.name) && (ecosystem === undefined || one.ecosystem === ecosystem),
    );
    if (touched.length === 0) return;
    work = work
      .then(() => judgeAnew(touched))
      .catch((error: unknown) =>
        log.warn({ why: messageOf(error) }, 'admitted releases were not judged anew'),
      );
  };
}
