/** What every worker thread does: one job, one answer, and its errors as plain data. */
import { parentPort } from 'node:worker_threads';
import { isAssayError, messageOf } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/error-codes.ts';

export interface JobMessage {
  readonly id: number;
  readonly job: unknown;
}

/** `ready`: the thread has read its program, and takes jobs at once from now on. */
export type ThreadMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly code: string; readonly message: string };

/** `code`: of errors that have none of their own. */
export function answerJobs(code: ErrorCode, run: (job: unknown) => unknown): void {
  const say = (message: ThreadMessage): void => parentPort?.postMessage(message);
  const answer = ({ id, job }: JobMessage): ThreadMessage => {
    try {
      return { kind: 'done', id, value: run(job) };
    } catch (error) {
      return { kind: 'failed', id, code: isAssayError(error) ? error.code : code, message: messageOf(error) };
    }
  };
  parentPort?.on('message', (message: JobMessage) => say(answer(message)));
  say({ kind: 'ready' });
}
