/** strace's log, line by line, as calls: those that another process's line cut in two are put together. Pure. */
import { readArguments, type Value } from './value.ts';

export interface Call {
  /** As strace sees it; inside, the process has another number. */
  readonly pid: number;
  /** Seconds. */
  readonly time: number;
  readonly name: string;
  readonly args: readonly Value[];
  /** The first word of what it returned; undefined: it never came back. */
  readonly result: string | undefined;
  /** Path of a descriptor that it returned. */
  readonly resultPath: string | undefined;
  /** `ENOENT` and its kin. */
  readonly error: string | undefined;
  /** Of a process that it made: number inside, and as strace sees it. */
  readonly child: { readonly inside: number; readonly pid: number } | undefined;
}

export interface CallReader {
  /** One line without its end. */
  readonly take: (line: string) => readonly Call[];
  /** Calls that never came back. */
  readonly end: () => readonly Call[];
  /** Lines that were none, and calls that were left away. */
  readonly lost: () => number;
}

interface Pending {
  readonly time: number;
  readonly name: string;
  readonly text: string;
}

const longestLine = 1 << 20;
/** Each waits for its process; the sandbox allows fewer. */
const mostPending = 4096;

/** `wanted`: by name; all others are passed over unread. */
export function readCalls(wanted: (name: string) => boolean): CallReader {
  const pending = new Map<number, Pending>();
  let lost = 0;
  const lose = (): readonly Call[] => {
    lost += 1;
    return [];
  };

  function resumed(pid: number, name: string, rest: string): readonly Call[] {
    const begun = pending.get(pid);
    if (!wanted(name)) return [];
    if (begun === undefined || begun.name !== name) return lose();
    pending.delete(pid);
    return [callOf(pid, begun.time, name, `${begun.text}${rest}`)];
  }

  function fresh(pid: number, time: number, text: string): readonly Call[] {
    const name = /^([a-z_0-9]{1,40})\(/.exec(text)?.[1];
    if (name === undefined) return lose();
    if (!wanted(name)) return [];
    const open = text.slice(name.length + 1);
    // A thread that starts a program takes over the number of its process, and comes back under that.
    const broken = / <(?:unfinished|pid changed to (\d{1,10})) \.\.\.>$/.exec(open);
    if (broken === null) return [callOf(pid, time, name, open)];
    if (pending.size >= mostPending) return lose();
    // A process has one call at a time; the older one never came back.
    const back = Number(broken[1] ?? pid);
    const before = pending.get(back);
    pending.set(back, { time, name, text: open.slice(0, broken.index) });
    return before === undefined ? [] : [callOf(pid, before.time, before.name, before.text)];
  }

  return {
    take: (line) => {
      const head = /^(\d{1,10}) +(\d{1,12}\.\d{1,9}) (?=(.?))/.exec(line);
      if (head === null) return line.trim() === '' ? [] : lose();
      const [{ length }, pidText = '', timeText = ''] = head;
      const pid = Number(pidText);
      const text = line.slice(length, longestLine);
      if (text.startsWith('+++ ') || text.startsWith('--- ')) return [];
      const resuming = /^<\.\.\. ([a-z_0-9]{1,40}) resumed>/.exec(text);
      if (resuming !== null)
        return resumed(pid, resuming[1] ?? '', text.slice(resuming[0].length).trimStart());
      return fresh(pid, Number(timeText), text);
    },
    end: () => {
      const rest = [...pending].map(([pid, { time, name, text }]) => callOf(pid, time, name, text));
      pending.clear();
      return rest;
    },
    lost: () => lost,
  };
}

function callOf(pid: number, time: number, name: string, text: string): Call {
  const { values, end } = readArguments(text, 0);
  const after = /^\s*= (.*)$/s.exec(text.slice(end))?.[1];
  const returned = after === undefined ? undefined : readArguments(after, 0).values[0];
  const word = returned?.kind === 'word' ? returned.word : undefined;
  const result = word === undefined ? undefined : /^(?:-?\w+|\?)/.exec(word)?.[0];
  const child = /^(\d{1,10}) \/\* (\d{1,10}) in strace's PID NS \*\//.exec(word ?? '');
  const self = /^[1-9]\d{0,9}$/.test(result ?? '') ? Number(result) : undefined;
  return {
    pid,
    time,
    name,
    args: values,
    result: result === '?' ? undefined : result,
    resultPath: returned?.kind === 'word' ? returned.path : undefined,
    error: /^-1 (E[A-Z0-9]{1,20})/.exec(word ?? '')?.[1],
    child:
      child !== null
        ? { inside: Number(child[1]), pid: Number(child[2]) }
        : self === undefined
          ? undefined
          : { inside: self, pid: self },
  };
}
