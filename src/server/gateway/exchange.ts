/** One request with what is known of its caller. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../callers.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** URL clients use for the gate, ends with `/`. */
  readonly base: string;
}
