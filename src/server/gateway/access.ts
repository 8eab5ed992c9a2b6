/** Who may read without a token: by default only callers on this machine. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../callers.ts';
import type { Settings } from '../config/settings.ts';
import { isLoopbackAddress } from './host.ts';

/** A proxy on this machine speaks for callers elsewhere. */
function isForwarded({ headers }: IncomingMessage): boolean {
  return headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
}

export function isCallerAllowed(settings: Settings, request: IncomingMessage, caller: Caller): boolean {
  if (caller.principal.kind !== 'anonymous') return true;
  switch (settings.anonymous) {
    case 'always':
      return true;
    case 'never':
      return false;
    case 'loopback':
      return isLoopbackAddress(request.socket.remoteAddress) && !isForwarded(request);
    default:
      return settings.anonymous satisfies never;
  }
}
