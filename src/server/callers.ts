/** Who calls: bearer tokens, stored as SHA-256 only, named, with an end. No cookies, no sessions. */
import { randomBytes } from 'node:crypto';
import { sha256, type Sha256 } from '../core/digest.ts';
import { anonymous, type Principal } from '../core/subject.ts';
import { rfc3339, type Clock } from '../core/time.ts';
import type { TokenStore } from '../storage/tokens.ts';

/** Recognisable by secret scanners, and by the redaction of logs. */
const tokenPrefix = 'assay_';

export function newTokenSecret(): string {
  return `${tokenPrefix}${randomBytes(32).toString('base64url')}`;
}

export function tokenHash(secret: string): Sha256 {
  return sha256(secret);
}

export interface Caller {
  readonly principal: Principal;
  /** Upstream ids whose packages it may have although they need a token. */
  readonly grants: ReadonlySet<string>;
}

export type CallerCheck =
  | { readonly state: 'known'; readonly caller: Caller }
  /** A token was sent and is unknown, expired or revoked: never treated as anonymous. */
  | { readonly state: 'rejected' };

const nobody: Caller = { principal: anonymous, grants: new Set() };

/** How long a token that was looked up is believed: a revocation takes effect within it. */
const believedMs = 5_000;

export interface Callers {
  readonly check: (authorization: string | undefined) => Promise<CallerCheck>;
  readonly forget: () => void;
}

export function createCallers(tokens: TokenStore, clock: Clock): Callers {
  const known = new Map<string, { readonly caller: Caller | undefined; readonly atMs: number }>();

  async function lookUp(hash: Sha256): Promise<Caller | undefined> {
    const now = rfc3339(clock());
    const token = await tokens.findByHash(hash);
    if (token === undefined || token.revokedAt !== undefined) return undefined;
    if (token.expiresAt !== undefined && token.expiresAt <= now) return undefined;
    await tokens.touch(token.id, now);
    return { principal: { kind: 'robot', name: token.name }, grants: new Set(token.grants) };
  }

  return {
    forget: () => known.clear(),
    check: async (authorization) => {
      if (authorization === undefined) return { state: 'known', caller: nobody };
      const secret = /^Bearer ([A-Za-z0-9._~+/=-]{8,512})$/i.exec(authorization)?.[1];
      // Package managers send the token of whatever registry was configured before; one that is not ours is no caller of ours.
      if (secret === undefined || !secret.startsWith(tokenPrefix)) return { state: 'known', caller: nobody };
      const hash = tokenHash(secret);
      const nowMs = clock().getTime();
      const remembered = known.get(hash);
      if (remembered !== undefined && isBelieved(remembered.atMs, nowMs)) return outcome(remembered.caller);
      const caller = await lookUp(hash);
      if (known.size > 10_000) known.clear();
      known.set(hash, { caller, atMs: nowMs });
      return outcome(caller);
    },
  };
}

/** A clock that was set back makes nothing believed for longer. */
function isBelieved(atMs: number, nowMs: number): boolean {
  return nowMs >= atMs && nowMs < atMs + believedMs;
}

function outcome(caller: Caller | undefined): CallerCheck {
  return caller === undefined ? { state: 'rejected' } : { state: 'known', caller };
}
