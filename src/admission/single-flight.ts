/** One run of a piece of work per key, shared by everyone who asks while it runs. */
export type SingleFlight = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export function createSingleFlight(): SingleFlight {
  const running = new Map<string, Promise<unknown>>();
  return function once<T>(key: string, work: () => Promise<T>): Promise<T> {
    const shared = running.get(key) as Promise<T> | undefined;
    if (shared !== undefined) return shared;
    const started = work().finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
}
