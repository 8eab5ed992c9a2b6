/** What a forge is made of. Equal in shape to the settings, so that this room need not know `server`. */
import type { Clock } from '../../core/time.ts';
import type { Resolve } from '../lookup.ts';

export interface ForgeSource {
  /** Host (`host` or `host:port`, lower case) of the repository URIs it answers for. */
  readonly host: string;
  readonly kind: 'github' | 'git';
  /**
   * Base URL, ends with `/`. `github`: of its API. `git`: of its repositories, https or file; undefined: the host itself.
   */
  readonly api: string | undefined;
  /** Sent below `api` only. */
  readonly token: string | undefined;
}

export interface ForgeDeps {
  readonly clock: Clock;
  /** Sent as `user-agent: assay/<version>`. */
  readonly version?: string;
  /** PEM certificates trusted besides the system's. */
  readonly ca?: string;
  readonly resolve?: Resolve;
  readonly connectMs?: number;
  /** Longest silence. */
  readonly idleMs?: number;
  /** One request to the forge with its retries and waiting in the queue. */
  readonly totalMs?: number;
  /** One question, which may take several requests. What comes later is still remembered. */
  readonly answerMs?: number;
  readonly retries?: number;
  /** 0 ≤ x < 1, for jitter. */
  readonly random?: () => number;
}
