/** The one way a forge says that it can't tell. */
import type { NotChecked } from '../../core/forge.ts';
import { messageOf, redactSecrets } from '../../core/errors.ts';

export function notChecked(why: string): NotChecked {
  return { state: 'not-checked', why: redactSecrets(why).toWellFormed().slice(0, 300).toWellFormed() };
}

/** Thrown inside this folder alone: the forge answered, and the answer tells nothing. */
export class NoAnswer extends Error {}

/** Whatever went wrong while asking: nothing was learned. */
export function failedToAsk(error: unknown): NotChecked {
  return notChecked(messageOf(error));
}
