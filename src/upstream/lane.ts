/** One upstream's own state: its connections, slots, breaker and health, and the running of calls through them. */
import type { SecureContext } from 'node:tls';
import { AssayError } from '../core/errors.ts';
import { createBreaker } from './breaker.ts';
import { shown } from './destinations.ts';
import { judge } from './failures.ts';
import type { Following } from './follow.ts';
import { createHealthRecord } from './health.ts';
import { systemResolve } from './lookup.ts';
import { createConnections } from './request.ts';
import { withRetries } from './retry.ts';
import { createSlots } from './slots.ts';
import type { UpstreamClientOptions, UpstreamHealth, UpstreamSource } from './types.ts';

export interface Lane {
  readonly upstream: UpstreamSource;
  /** Runs `attempt` within the call's total time, in a slot, past the breaker, again where that may help. */
  readonly run: <T>(url: URL, attempt: (following: Following) => Promise<T>) => Promise<T>;
  readonly health: () => UpstreamHealth;
  readonly close: () => Promise<void>;
}

const defaultQueueLimit = 2000;
const defaultPatienceMs = 5000;
const defaultBreaker = { failures: 10, coolOffMs: 10_000 };

export function createLane(
  upstream: UpstreamSource,
  options: UpstreamClientOptions,
  trust: SecureContext,
): Lane {
  const { limits, clock, random = Math.random, monotonicMs = () => performance.now() } = options;
  const breaker = createBreaker({ ...defaultBreaker, ...options.breaker }, monotonicMs, random);
  const slots = createSlots(limits.concurrency, options.queueLimit ?? defaultQueueLimit, upstream.id);
  const connections = createConnections(trust);
  const record = createHealthRecord(upstream, clock);
  const calls = new Map<AbortController, Promise<unknown>>();
  let closed = false;

  function busy(retryAfterMs: number): AssayError {
    const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
    return new AssayError(
      'UPSTREAM_BUSY',
      `${upstream.id} has failed repeatedly and is left alone for a while`,
      {
        retryAfterSeconds,
      },
    );
  }

  async function attemptOnce<T>(
    signal: AbortSignal,
    attempt: (following: Following) => Promise<T>,
  ): Promise<T> {
    const waitMs = breaker.retryAfterMs();
    if (waitMs > 0) throw busy(waitMs);
    const release = await slots.take(signal);
    try {
      const entry = breaker.enter();
      if (entry.state === 'refused') throw busy(entry.retryAfterMs);
      try {
        const { resolve = systemResolve, onRefused = () => undefined } = options;
        const result = await attempt({ upstream, connections, limits, resolve, refused: onRefused, signal });
        entry.leave('success');
        record.note('success', undefined);
        return result;
      } catch (error) {
        const failure = judge(error);
        entry.leave(failure?.outcome ?? 'neutral');
        record.note(failure?.outcome ?? 'neutral', failure?.error);
        throw error;
      }
    } finally {
      release();
    }
  }

  async function run<T>(url: URL, attempt: (following: Following) => Promise<T>): Promise<T> {
    if (closed) throw stopping();
    const controller = new AbortController();
    const { signal } = controller;
    const late = new AssayError(
      'UPSTREAM_TIMEOUT',
      `${shown(url)}: not finished within ${limits.totalMs} ms`,
    );
    const timer = setTimeout(() => controller.abort(late), limits.totalMs);
    const plan = {
      retries: limits.retries,
      patienceMs: options.patienceMs ?? defaultPatienceMs,
      random,
      signal,
      mayRetry: () => breaker.retryAfterMs() === 0,
    };
    const call = withRetries(plan, () => attemptOnce(signal, attempt), judge);
    calls.set(controller, call);
    try {
      return await call;
    } finally {
      clearTimeout(timer);
      calls.delete(controller);
    }
  }

  async function close(): Promise<void> {
    closed = true;
    const ending = [...calls.values()];
    for (const controller of calls.keys()) controller.abort(stopping());
    connections.close();
    await Promise.allSettled(ending);
  }

  return { upstream, run, health: () => record.report(breaker.state()), close };
}

function stopping(): AssayError {
  return new AssayError('UPSTREAM_BUSY', 'the gate is stopping', { retryAfterSeconds: 5 });
}
