/** strace's log on disk, read as a stream: events, what the rules say of them, and a clipped list for people. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { isRead } from './acts.ts';
import { clip, eventLine, type BehaviourEvent } from './events.ts';
import type { Judge } from './judge.ts';
import { readCalls } from './strace/lines.ts';
import { trackCalls, type TrackerEnd, type TrackerOptions } from './tracker.ts';
import { zoneOf, type Places } from './zones.ts';

/** More than any honest script was seen to make; the run is ended when its log is longer. */
export const mostLogBytes = 128 * 2 ** 20;
const mostEventsText = 2 * 2 ** 20;
/** A longer line is looked at as far as that. */
const longestLine = 2 ** 20;

export interface TraceRead extends TrackerEnd {
  /** Lines of JSON; the last one says so where it was clipped. */
  readonly text: string;
  /** Lines that could not be understood. */
  readonly lostLines: number;
  /** It was too long, or its last line is not whole: the machine's disk was full. */
  readonly cut: boolean;
  /** Seconds, as strace tells time: of the first and the last call. */
  readonly from: number;
  readonly to: number;
}

export async function readTrace(
  path: string,
  judge: Judge,
  places: Places,
  options: Omit<TrackerOptions, 'onEvent'>,
): Promise<TraceRead> {
  const reader = readCalls(isRead);
  const lines: string[] = [];
  let length = 0;
  let full = false;
  let before = '';
  let [from, to] = [0, 0];
  const tracker = trackCalls({
    ...options,
    onEvent: (event) => {
      judge.take(event);
      if (full || !isTold(event, places)) return;
      const line = eventLine(event);
      // The same again and again, as in a search for a file, is told once.
      const what = line.replace(/^\{"at":\d+,"seconds":[\d.]+,/, '');
      if (what === before) return;
      before = what;
      length += line.length + 1;
      full = length > mostEventsText;
      lines.push(full ? '{"clipped":true}' : line);
    },
  });
  for await (const line of linesOf(path)) {
    for (const call of reader.take(line)) {
      if (from === 0) from = call.time;
      to = call.time;
      tracker.take(call);
    }
  }
  for (const call of reader.end()) tracker.take(call);
  return {
    ...tracker.end(),
    text: lines.map((line) => `${line}\n`).join(''),
    lostLines: reader.lost(),
    cut: await isCut(path),
    from,
    to,
  };
}

/** What programs read of the system and of their own package is not told: there is far too much of it. */
function isTold({ act, process }: BehaviourEvent, places: Places): boolean {
  if (act.kind !== 'read') return true;
  const zone = zoneOf(act.path, places, process);
  return (
    ['home', 'project', 'other-process', 'temporary'].includes(zone) ||
    /^\/etc\/(?:shadow|machine-id)$/.test(act.path)
  );
}

async function isCut(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > mostLogBytes) return true;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    return size > 0 && buffer.toString() !== '\n';
  } finally {
    await file.close();
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(path, {
    encoding: 'latin1',
    end: mostLogBytes,
    highWaterMark: 2 ** 18,
  })) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield part;
    if (rest.length > longestLine) rest = rest.slice(0, longestLine);
  }
  // strace writes the beginning of a call before it waits for its end, which never came.
  if (rest !== '') yield rest;
}

/** Calls `over` once the log is too long; returns how to stop looking. */
export function watchLog(path: string, over: () => void): () => void {
  const look = async (): Promise<void> => {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && found.size > mostLogBytes) over();
  };
  const timer = setInterval(() => void look(), 200);
  return () => clearInterval(timer);
}

/** The end of what scripts printed. */
export function lastOutput(output: string): string {
  return clip(output.slice(-4096), 4096);
}
