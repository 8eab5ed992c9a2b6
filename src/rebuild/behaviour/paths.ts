/** Paths of traced processes: made absolute, and led through the links that were made in the run. Pure. */
import { posix } from 'node:path';

export interface Links {
  readonly add: (path: string, target: string) => void;
  readonly move: (from: string, to: string) => void;
  /** The path without links, as far as they were made in this run. */
  readonly resolve: (path: string) => string;
}

const mostLinks = 20_000;
/** As the kernel: more is ELOOP. */
const mostHops = 40;

export function trackLinks(): Links {
  const targets = new Map<string, string>();
  const step = (path: string): string | undefined => {
    if (targets.size === 0) return undefined;
    for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
      const prefix = end < 0 ? path : path.slice(0, end);
      const target = targets.get(prefix);
      if (target !== undefined) {
        const rest = end < 0 ? '' : path.slice(end);
        return posix.normalize(posix.resolve(posix.dirname(prefix), target) + rest);
      }
      if (end < 0) return undefined;
    }
  };
  return {
    add: (path, target) => {
      if (targets.size < mostLinks) targets.set(path, target);
    },
    move: (from, to) => {
      const target = targets.get(from);
      targets.delete(from);
      targets.delete(to);
      if (target !== undefined) targets.set(to, posix.resolve(posix.dirname(from), target));
    },
    resolve: (path) => {
      let found = path;
      for (let hop = 0; hop < mostHops; hop += 1) {
        const next = step(found);
        if (next === undefined || next === found) return found;
        found = next;
      }
      return found;
    },
  };
}

export function absolute(base: string, path: string): string {
  return posix.resolve('/', base, path);
}

/** The parent's links are followed, the last name's own is not: for what removes or makes a name. */
export function resolveParent(links: Links, path: string): string {
  return posix.join(links.resolve(posix.dirname(path)), posix.basename(path));
}
