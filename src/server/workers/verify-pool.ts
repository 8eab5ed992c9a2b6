/** The main thread's side of verifying bundles: hostile input and heavy arithmetic stay off the event loop. */
import type { BundleRequest, BundleVerdict } from '../../sigstore/types.ts';
import { createThreads } from './threads.ts';
import type { VerifyJob } from './verify-worker.ts';

export interface VerifyPoolOptions {
  readonly threads: number;
  /** Another program instead of the verifier, in tests of what a broken one does to the gate. */
  readonly script?: URL;
  readonly hangMs?: number;
}

export interface VerifyPool {
  /** Rejects with BUNDLE_VERIFIER_FAILED or GATE_BUSY: then nothing is known of the bundle. */
  readonly verify: (request: BundleRequest) => Promise<BundleVerdict>;
  readonly close: () => Promise<void>;
}

/** A bundle takes milliseconds. */
const hangMs = 5000;
const heapMb = 256;
const youngHeapMb = 16;

export function createVerifyPool(options: VerifyPoolOptions): VerifyPool {
  const threads = createThreads({
    script: options.script ?? new URL('./verify-worker.ts', import.meta.url),
    count: options.threads,
    heapMb,
    youngHeapMb,
    failure: { code: 'BUNDLE_VERIFIER_FAILED', message: 'verifying a bundle failed' },
    busy: 'too many bundles are waiting to be verified',
    hangMs: options.hangMs ?? hangMs,
  });
  const texts = new WeakMap<BundleRequest['roots'], string>();

  function textOf(roots: BundleRequest['roots']): string {
    const text = texts.get(roots) ?? JSON.stringify(roots);
    texts.set(roots, text);
    return text;
  }

  return {
    verify: async ({ roots, ...request }) => {
      const job: VerifyJob = { request, roots: textOf(roots) };
      return (await threads.run(job)) as BundleVerdict;
    },
    close: threads.close,
  };
}
