/**
 * A client that costs little itself: prepared bytes on kept connections, of the answer only status and length are read.
 * Closed loop: each connection asks again when it was answered. Open loop: at a fixed rate, and the wait for a free
 * connection counts as time.
 */
import { connect, type Socket } from 'node:net';

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly count: number;
  /** Requests a second; as fast as answers come when absent. */
  readonly rate?: number;
  readonly expect: number;
}

export interface LoadResult {
  readonly milliseconds: readonly number[];
  readonly perSecond: number;
  readonly bodyBytes: number;
}

interface Line {
  readonly ask: () => Promise<number>;
  readonly close: () => void;
}

export async function load(options: Load): Promise<LoadResult> {
  const lines = await Promise.all(Array.from({ length: options.connections }, () => openLine(options)));
  const milliseconds: number[] = [];
  let bodyBytes = 0;
  const one = async (line: Line, from = performance.now()): Promise<void> => {
    bodyBytes = await line.ask();
    milliseconds.push(performance.now() - from);
  };
  const start = performance.now();
  if (options.rate === undefined) {
    let left = options.count;
    const run = async (line: Line): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await one(line);
      }
    };
    await Promise.all(lines.map(run));
  } else {
    await atRate(lines, options.count, options.rate, one);
  }
  const seconds = (performance.now() - start) / 1000;
  for (const line of lines) line.close();
  return { milliseconds, perSecond: options.count / seconds, bodyBytes };
}

async function atRate(
  lines: readonly Line[],
  count: number,
  rate: number,
  one: (line: Line, from: number) => Promise<void>,
): Promise<void> {
  const free = [...lines];
  const due: number[] = [];
  const running = new Set<Promise<void>>();
  const start = performance.now();
  let sent = 0;
  const next = (): void => {
    while (free.length > 0 && due.length > 0) {
      const line = free.pop();
      const from = due.shift();
      if (line === undefined || from === undefined) return;
      const work = answer(line, from);
      running.add(work);
      void work.finally(() => running.delete(work));
    }
  };
  const answer = async (line: Line, from: number): Promise<void> => {
    await one(line, from);
    free.push(line);
    next();
  };
  while (sent < count) {
    const now = performance.now();
    for (; sent < count && start + (sent * 1000) / rate <= now; sent += 1) {
      due.push(start + (sent * 1000) / rate);
    }
    next();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  while (running.size > 0 || due.length > 0) await Promise.all(running);
}

async function openLine({ port, path, headers, expect }: Load): Promise<Line> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('error', reject);
  });
  const more = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${more.join('')}\r\n`);
  return { ask: () => ask(socket, request, path, expect), close: () => socket.destroy() };
}

function ask(socket: Socket, request: Buffer, path: string, expect: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let head = '';
    let length = -1;
    let received = 0;
    const end = (error?: Error): void => {
      socket.off('data', take);
      socket.off('close', closed);
      if (error === undefined) resolve(length);
      else reject(error);
    };
    const closed = (): void => end(new Error(`${path}: the connection was closed`));
    const take = (chunk: Buffer): void => {
      if (length >= 0) received += chunk.length;
      else {
        head += chunk.toString('latin1');
        const at = head.indexOf('\r\n\r\n');
        if (at < 0) return;
        const status = Number(head.slice(9, 12));
        if (status !== expect) return end(new Error(`${path}: ${head.slice(0, at)}`));
        length = status === 304 ? 0 : Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        received = head.length - at - 4;
      }
      if (received >= length) end();
    };
    socket.on('data', take);
    socket.on('close', closed);
    socket.write(request);
  });
}
