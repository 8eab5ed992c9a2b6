/** Something known of paths, moved along when one of their folders is. Pure, and bounded: what is beyond is told, not left away. */

export interface PathMap<T> {
  readonly get: (path: string) => T | undefined;
  readonly has: (path: string) => boolean;
  readonly set: (path: string, value: T) => void;
  readonly delete: (path: string) => boolean;
  /** What is at `from` and below it is at `to` from now on, and what was there is gone. */
  readonly move: (from: string, to: string) => void;
  /** Both change their places. */
  readonly exchange: (one: string, other: string) => void;
  /** More than is kept: what it says is no longer all. */
  readonly isFull: () => boolean;
}

/** Looked through for what lies in folders that are moved, in all: more is a flood. */
const mostLooks = 50_000_000;

export function pathMap<T>(most: number): PathMap<T> {
  const values = new Map<string, T>();
  let looks = 0;
  let full = false;

  function below(folder: string): readonly (readonly [string, T])[] {
    const own = values.get(folder);
    if (own !== undefined) return [[folder, own]];
    looks += values.size;
    if (looks > mostLooks) {
      full = true;
      return [];
    }
    return [...values].filter(([path]) => path.startsWith(`${folder}/`));
  }
  function take(folder: string): readonly (readonly [string, T])[] {
    const found = below(folder);
    for (const [path] of found) values.delete(path);
    return found.map(([path, value]) => [path.slice(folder.length), value]);
  }
  function set(path: string, value: T): void {
    if (values.size < most || values.has(path)) values.set(path, value);
    else full = true;
  }
  function put(folder: string, found: readonly (readonly [string, T])[]): void {
    for (const [rest, value] of found) set(`${folder}${rest}`, value);
  }

  return {
    get: (path) => values.get(path),
    has: (path) => values.has(path),
    set,
    delete: (path) => values.delete(path),
    move: (from, to) => {
      if (values.size === 0 || from === to) return;
      const file = values.get(from);
      // What is known itself is no folder, and no folder was where it goes: the usual case, and a cheap one.
      if (file !== undefined) {
        values.delete(from);
        return set(to, file);
      }
      const found = take(from);
      take(to);
      put(to, found);
    },
    exchange: (one, other) => {
      const [first, second] = [take(one), take(other)];
      put(other, first);
      put(one, second);
    },
    isFull: () => full,
  };
}
