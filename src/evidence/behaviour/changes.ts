/**
 * What install scripts do that those of the version before did not, as far as it has weight: a network, programs, writes
 * outside, bait. Pure. Actions are the words of `rebuild/behaviour`: `connect:…`, `exec:…`, `write:…`, `read:…`, `leak:…`,
 * `memory:…`, `sleep:…`.
 */
import type { BehaviourReport } from '../../core/behaviour.ts';

export interface BehaviourChange {
  /** `behaviour/new-network`, `-program`, `-write`, `-other`. */
  readonly id: string;
  readonly action: string;
  /** What it does, to be put behind "that": hostile text in it is clipped by whoever records it. */
  readonly what: string;
}

/** Programs that every script starts, that change nothing by themselves, or only what is told of otherwise. */
const harmless = new Set(
  (
    'sh dash bash node npm npx node-gyp true false test [ echo printf cat cp mv rm mkdir rmdir ls ln touch chmod env which ' +
    'uname getconf ldd id dirname basename realpath readlink sed grep head tail sort uniq wc tr cut sleep git make python3'
  ).split(' '),
);

/** In the order of actions. Empty where another observer saw the version before: its words are not ours. */
export function behaviourChanges(
  previous: BehaviourReport | undefined,
  now: BehaviourReport,
): readonly BehaviourChange[] {
  if (previous === undefined || previous.observer !== now.observer) return [];
  const known = new Set(previous.actions);
  return now.actions.filter((action) => !known.has(action)).flatMap((action) => changeOf(action) ?? []);
}

function changeOf(action: string): BehaviourChange | undefined {
  const at = action.indexOf(':');
  const kind = at < 0 ? action : action.slice(0, at);
  const rest = at < 0 ? '' : action.slice(at + 1);
  switch (kind) {
    case 'connect':
      return rest === 'registry' ? undefined : of('network', action, `reach for ${rest}`);
    case 'exec':
      return harmless.has(rest) ? undefined : of('program', action, `start ${programWords(rest)}`);
    case 'write':
      return of('write', action, `write to ${rest.replace(/^(?:outside|lasting|package):/, '')}`);
    default:
      return of('other', action, `do ${action}`);
  }
}

function of(name: string, action: string, what: string): BehaviourChange {
  return { id: `behaviour/new-${name}`, action, what };
}

function programWords(rest: string): string {
  if (rest === 'compiler') return 'a compiler';
  return rest.startsWith('written:') ? 'a file that they write themselves' : rest;
}
