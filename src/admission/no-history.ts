/** Nothing is asked: for a gate that has no forge. */
import type { AskForge } from './deps.ts';

const notChecked = { state: 'not-checked', why: 'No forge is configured.' } as const;

export const noForge: AskForge = () =>
  Promise.resolve({ repository: notChecked, commit: notChecked, run: notChecked, tags: notChecked });
