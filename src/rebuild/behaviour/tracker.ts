/** Calls become events: which process, under which script, did what to which absolute path. No judgement. */
import type { Act, BehaviourEvent, Process } from './events.ts';
import { clip } from './events.ts';
import { actsOf, flagsOf, type CallContext } from './acts.ts';
import { trackLinks } from './paths.ts';
import type { Call } from './strace/lines.ts';
import { textOf, textsOf, type Value } from './strace/value.ts';

export interface TrackerOptions {
  /** As it was given to the sandbox: its first execution is the beginning. What comes before is the sandbox's own. */
  readonly command: readonly string[];
  /** Lifecycle events, in the order in which the command starts them. */
  readonly scripts: readonly string[];
  /** Names of honeytokens in text or bytes. */
  readonly tokensIn: (text: string) => readonly string[];
  readonly onEvent: (event: BehaviourEvent) => void;
}

export interface Tracker {
  readonly take: (call: Call) => void;
  readonly end: () => TrackerEnd;
}

export interface TrackerEnd {
  readonly events: number;
  /** Scripts that were started. */
  readonly begun: number;
  /** The command came to its own end under the eyes of strace. */
  readonly ended: boolean;
  /** More processes or calls than are followed. */
  readonly lost: boolean;
  /** Seconds from the end of the last script to the command's own, which waits for what was left running. */
  readonly leftSeconds: number;
}

const mostProcesses = 50_000;
const mostWaiting = 50_000;

export function trackCalls(options: TrackerOptions): Tracker {
  const processes = new Map<number, Process>();
  /** Calls of processes whose beginning was not told yet: a parent's `vfork` returns after its child's `execve`. */
  const waiting = new Map<number, Call[]>();
  /** By their numbers inside, threads too. */
  const insiders = new Map<number, Process>();
  const context: CallContext = {
    links: trackLinks((inside) => insiders.get(inside)?.cwd),
    sockets: new Map(),
    filled: new Set(),
    copies: new Set(),
    tokensIn: options.tokensIn,
    lose: () => {
      lost = true;
    },
  };
  /** bubblewrap's, from before the command. */
  const own = new Set<number>();
  let root: Process | undefined;
  let waitingCalls = 0;
  let known = 0;
  let begun = 0;
  let events = 0;
  let start = 0;
  let lost = false;
  let endedAt: number | undefined;
  let scriptEndedAt: number | undefined;

  function make(parent: Process | undefined, inside: number | undefined): Process {
    known += 1;
    return {
      id: known,
      parent,
      inside,
      script: parent?.script,
      program: parent?.program ?? '',
      argv: parent?.argv ?? [],
      loads: parent?.loads ?? false,
      cwd: parent?.cwd ?? '/',
    };
  }

  function emit(process: Process, time: number, act: Act, error: string | undefined): void {
    events += 1;
    if (start === 0) start = time;
    options.onEvent({ at: events, seconds: time - start, process, act, error });
  }

  function findRoot(call: Call): void {
    const [program = ''] = options.command;
    const argv = textsOf(call.args[1]);
    own.add(call.pid);
    if (call.name !== 'execve' || argv[0] !== program || argv.length !== options.command.length) return;
    root = make(undefined, undefined);
    root.argv = argv;
    processes.set(call.pid, root);
  }

  function forked(call: Call, process: Process): void {
    if (call.child === undefined || !/^(?:clone3?|v?fork)$/.test(call.name)) return;
    if (known >= mostProcesses) {
      lost = true;
      return;
    }
    const { pid, inside } = call.child;
    const isThread = call.args.some((value) => /CLONE_THREAD/.test(flagsOf(value)));
    const child = isThread ? process : make(process, inside);
    processes.set(pid, child);
    insiders.set(inside, child);
    own.delete(pid);
    const held = waiting.get(pid) ?? [];
    waiting.delete(pid);
    waitingCalls -= held.length;
    for (const one of held) follow(one, child);
  }

  function executed(call: Call, process: Process): void {
    const argv = textsOf(call.args[1]);
    if (process.parent === root && process.script === undefined) {
      process.script = options.scripts[begun] ?? 'unknown';
      begun += 1;
    }
    process.program = textOf(call.args[0]) ?? '';
    process.argv = argv.slice(0, 200).map((word) => clip(word, 4000));
    process.loads = isTampered(call.args[2]);
  }

  function follow(call: Call, process: Process): void {
    // Whoever exits is gone, and its number can be another's.
    if (call.name === 'exit' || call.name === 'exit_group') {
      if (process === root && call.name === 'exit_group') endedAt = call.time;
      if (process.parent === root && call.name === 'exit_group') scriptEndedAt = call.time;
      return;
    }
    forked(call, process);
    if (process === root) return;
    // A program that ended its process does not come back: only a failure says that it was not started.
    const starts = call.name === 'execve' || call.name === 'execveat';
    if (starts && call.error === undefined) executed(call.name === 'execve' ? call : shifted(call), process);
    if (process.script === undefined) return;
    for (const act of actsOf(call, process, context)) emit(process, call.time, act, call.error);
  }

  return {
    take: (call) => {
      if (root === undefined) return findRoot(call);
      const process = processes.get(call.pid);
      if (process !== undefined) return follow(call, process);
      if (waitingCalls >= mostWaiting) {
        lost = true;
        return;
      }
      if (own.has(call.pid)) return;
      waitingCalls += 1;
      const held = waiting.get(call.pid);
      if (held === undefined) waiting.set(call.pid, [call]);
      else held.push(call);
    },
    end: () => {
      for (const [pid, calls] of waiting) {
        const process = make(undefined, undefined);
        process.script = 'unknown';
        processes.set(pid, process);
        for (const call of calls) follow(call, process);
      }
      return {
        events,
        begun,
        ended: endedAt !== undefined,
        lost: lost || context.links.isFull(),
        leftSeconds: endedAt === undefined || scriptEndedAt === undefined ? 0 : endedAt - scriptEndedAt,
      };
    },
  };
}

/** Code comes with these, into whatever program it is. */
const loading =
  /^(?:NODE_OPTIONS|LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)|OPENSSL_(?:CONF|ENGINES|MODULES)|GCONV_PATH|BASH_ENV|ENV)=(?!\/dev\/null$)./s;
/** More variables than are read: what is behind them is not known. */
const mostVariables = 2000;

function isTampered(environment: Value | undefined): boolean {
  const variables = textsOf(environment);
  return (
    environment?.kind !== 'list' ||
    variables.length > mostVariables ||
    variables.some((one) => loading.test(one))
  );
}

/** Arguments of `execveat` without the folder. */
function shifted(call: Call): Call {
  return { ...call, args: call.args.slice(1) };
}
