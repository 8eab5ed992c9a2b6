/** Figures and words that several rules share. */

/** A fortnight: takeovers were found within days; what stood in the open that long and is otherwise clean is believed. */
export const settledMs = 14 * 24 * 60 * 60 * 1000;

/** An ordinary difference between clocks. */
export const skewMs = 10 * 60 * 1000;

/** Started by people outside the project, or after runs they started: never a way to publish (GitHub's "pwn request" class). */
export const refusedTriggers: ReadonlySet<string> = new Set([
  'pull_request',
  'pull_request_target',
  'workflow_run',
]);
