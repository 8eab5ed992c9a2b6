/** The thread: one document at a time, its signature first. */
import { readVex } from '../../advisories/vex/document.ts';
import { verifiedText } from '../vex/signed.ts';
import { answerJobs } from './thread-side.ts';
import type { VexJob } from './vex-pool.ts';

answerJobs('VEX_INVALID', (asked) => {
  const job = asked as VexJob;
  const { text, form } = verifiedText(job, job.key);
  return readVex(text, form, job.signer);
});
