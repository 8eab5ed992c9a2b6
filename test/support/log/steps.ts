/** Stores and signer whose n-th call fails or ends the process: every place where an append can be cut. */
import { AssayError } from '../../../src/core/errors.ts';
import type { RoundDeps } from '../../../src/ledger/log/round.ts';

/**
 * `fails`: the caller is told that it failed; `dies`: the caller is never answered, and nothing it does afterwards has
 * any effect. `before`: nothing was done; `after`: all of it was.
 */
export interface Cut {
  /** Counted from 1; 0 for none. */
  readonly call: number;
  readonly how: 'fails' | 'dies';
  readonly when: 'before' | 'after';
}

export const cuts = (['fails', 'dies'] as const).flatMap((how) =>
  (['before', 'after'] as const).map((when) => ({ how, when })),
);

export interface Stepped {
  readonly deps: RoundDeps;
  /** `tiles.stage`, `signer.sign`, …: in order. */
  readonly names: readonly string[];
}

/** What a dead process would have thrown, had it lived: tests abandon the log that met it. */
export class Died extends Error {}

export function withCut(real: RoundDeps, cut: Cut): Stepped {
  const names: string[] = [];
  let dead = false;

  function step(name: string, call: (...args: unknown[]) => Promise<unknown>) {
    return async (...args: unknown[]): Promise<unknown> => {
      if (dead) throw new Died(name);
      names.push(name);
      const isHere = names.length === cut.call;
      if (isHere && cut.when === 'before') throw failure(name);
      const value = await call(...args);
      if (isHere) throw failure(name);
      return value;
    };
  }

  function failure(name: string): Error {
    dead = cut.how === 'dies';
    return dead ? new Died(name) : new AssayError('STORAGE_FAILED', `${name}: made by a test`);
  }

  function stepped<T extends object>(target: T, prefix: string): T {
    const methods = Object.entries(target).map(([name, method]: [string, unknown]) => {
      const isCall = typeof method === 'function';
      return [name, isCall ? step(`${prefix}.${name}`, method as () => Promise<unknown>) : method];
    });
    return Object.fromEntries(methods) as T;
  }

  const { tiles, heads, signer, cosign = async (note: string) => note } = real;
  const parts = stepped({ cosign }, 'witness');
  return {
    names,
    deps: {
      tiles: stepped(tiles, 'tiles'),
      heads: stepped(heads, 'heads'),
      signer: stepped(signer, 'signer'),
      cosign: parts.cosign,
    },
  };
}
