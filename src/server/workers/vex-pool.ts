/** The main thread's side of VEX: documents of megabytes are verified and read beside the event loop. */
import type { VexDocument } from '../../advisories/vex/document.ts';
import type { VexSigner } from '../../advisories/vex/read.ts';
import type { Signed } from '../vex/signed.ts';
import { createThreads } from './threads.ts';

export interface VexJob extends Signed {
  readonly signer: VexSigner;
  /** SubjectPublicKeyInfo, base64. */
  readonly key: string;
}

/** Rejects with VEX_UNSIGNED, VEX_SIGNATURE_INVALID, VEX_INVALID, GATE_BUSY. */
export interface VexPool {
  readonly read: (job: VexJob) => Promise<VexDocument>;
  readonly close: () => Promise<void>;
}

const hangMs = 60_000;
const heapMb = 512;
const youngHeapMb = 64;

export function createVexPool(): VexPool {
  const threads = createThreads({
    script: new URL('./vex-worker.ts', import.meta.url),
    count: 1,
    heapMb,
    youngHeapMb,
    failure: { code: 'VEX_INVALID', message: 'reading the VEX document failed' },
    busy: 'too many VEX documents are waiting to be read',
    hangMs,
  });
  return { read: async (job) => (await threads.run(job)) as VexDocument, close: threads.close };
}
