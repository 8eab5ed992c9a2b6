/** A thread in the verifier's place: hangs, dies, eats memory or throws where the bundle says so. */
import { ownString } from '../../src/core/json.ts';
import { answerJobs } from '../../src/server/workers/thread-side.ts';
import type { VerifyJob } from '../../src/server/workers/verify-worker.ts';

answerJobs('BUNDLE_VERIFIER_FAILED', (job) => {
  const { bundle } = (job as VerifyJob).request;
  switch (ownString(bundle, 'do') ?? '') {
    case 'hang':
      for (;;);
    case 'die':
      return process.exit(1);
    case 'eat': {
      const eaten: string[][] = [];
      for (;;) eaten.push(Array.from({ length: 100_000 }, (_, n) => `${n}`));
    }
    case 'throw':
      throw new TypeError('a mistake of ours');
    default:
      return { ok: false, failure: 'signature', why: 'as asked' };
  }
});
