import type { NotBuiltCause } from '../../core/rebuild.ts';

/** Ends a build with its cause; `build.ts` makes the outcome of it. */
export class NotBuilt extends Error {
  override readonly cause: NotBuiltCause;

  /** `message`: hostile text is welcome, it is clipped. */
  constructor(cause: NotBuiltCause, message: string) {
    super(message.slice(0, 1000).toWellFormed());
    this.name = 'NotBuilt';
    this.cause = cause;
  }
}
