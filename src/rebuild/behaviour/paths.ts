/** Paths of traced processes: made absolute, and led as the kernel would, through the links that were made in the run. Pure. */
import { posix } from 'node:path';
import { pathMap } from './path-map.ts';

export interface From {
  /** Folder that a path without a `/` begins in. */
  readonly base: string;
  /** Folder of the process itself. */
  readonly cwd: string;
  /** A link that is the last name itself: `follow` for what opens, `keep` for what makes or removes a name. */
  readonly last: 'follow' | 'keep';
}

export interface Links {
  readonly add: (path: string, target: string) => void;
  readonly remove: (path: string) => void;
  /** A hard link: to a link it is the same link once more. */
  readonly copy: (from: string, to: string) => void;
  readonly move: (from: string, to: string) => void;
  readonly exchange: (one: string, other: string) => void;
  /** Where a path leads: without links, as far as they were made in this run, and `..` where they led. */
  readonly locate: (path: string, from: From) => string;
  /** More links than are followed. */
  readonly isFull: () => boolean;
}

const mostLinks = 20_000;
/** As the kernel: more is ELOOP. */
const mostHops = 40;
/** A path with links in it is longer only where somebody plays. */
const mostNames = 10_000;

/** Those of `/proc` that lead to folders. Others (`fd`) lead to what no path tells. */
const magic = /^\/proc\/(?:self|thread-self|(\d{1,10}))(?:\/task\/\d{1,10})?\/(cwd|root)$/;

/** `cwdOf`: of the process with that number inside. */
export function trackLinks(cwdOf: (inside: number) => string | undefined): Links {
  const targets = pathMap<string>(mostLinks);
  return {
    add: targets.set,
    remove: (path) => void targets.delete(path),
    copy: (from, to) => {
      const target = targets.get(from);
      if (target !== undefined) targets.set(to, target);
    },
    move: targets.move,
    exchange: targets.exchange,
    isFull: targets.isFull,
    locate: (path, { base, cwd, last }) => {
      const names = path.split('/').reverse();
      const keepsLast = last === 'keep' && !path.endsWith('/');
      let at = path.startsWith('/') ? '/' : base;
      let hops = 0;
      for (let count = 0; names.length > 0 && count < mostNames; count += 1) {
        const name = names.pop() ?? '';
        if (name === '' || name === '.') continue;
        if (name === '..') {
          at = posix.dirname(at);
          continue;
        }
        const next = at === '/' ? `/${name}` : `${at}/${name}`;
        const isKept = keepsLast && names.length === 0;
        const target = isKept ? undefined : targets.get(next);
        if (target === undefined || hops >= mostHops) {
          const [, whose, what] = isKept ? [] : (magic.exec(next) ?? []);
          const folder = whose === undefined ? cwd : (cwdOf(Number(whose)) ?? cwd);
          at = what === undefined ? next : what === 'root' ? '/' : folder;
          continue;
        }
        hops += 1;
        names.push(...target.split('/').reverse());
        if (target.startsWith('/')) at = '/';
      }
      return at;
    },
  };
}

export function absolute(base: string, path: string): string {
  return posix.resolve('/', base, path);
}
