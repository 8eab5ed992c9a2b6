import type { NotBuiltCause } from '../../core/rebuild.ts';

/** Ends a build with its cause; `build.ts` makes the outcome of it. */
export class NotBuilt extends Error {
  override readonly cause: NotBuiltCause;
  /** The package manager said that the committed lockfile does not fit its manifest. */
  readonly lockfileUnfit: boolean;

  /** `message`: hostile text is welcome, it is clipped. */
  constructor(cause: NotBuiltCause, message: string, lockfileUnfit = false) {
    super(message.slice(0, 1000).toWellFormed());
    this.name = 'NotBuilt';
    this.cause = cause;
    this.lockfileUnfit = lockfileUnfit;
  }
}
