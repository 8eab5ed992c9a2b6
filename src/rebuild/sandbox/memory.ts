/** What the processes of a run have, where no control group tells. */
import { readFile, readdir } from 'node:fs/promises';

/** Calls `over` once when all processes below `top` together hold more. `top` undefined: nothing is watched. */
export function watchMemory(top: number | undefined, mostBytes: number, over: () => void): () => void {
  if (top === undefined) return () => undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    if (!stopped && (await bytesOf(top)) > mostBytes) over();
    else if (!stopped) timer = setTimeout(() => void look(), 150);
  };
  let timer = setTimeout(() => void look(), 150);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function bytesOf(top: number): Promise<number> {
  const children = new Map<number, { readonly pid: number; readonly bytes: number }[]>();
  for (const name of await readdir('/proc')) {
    if (!/^[1-9]\d*$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    const kiB = ['RssAnon', 'RssShmem'].map((key) =>
      Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0),
    );
    const siblings = children.get(parent) ?? [];
    siblings.push({ pid: Number(name), bytes: kiB.reduce((a, b) => a + b, 0) * 1024 });
    children.set(parent, siblings);
  }
  let bytes = 0;
  const open = [top];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop())
    for (const child of children.get(pid) ?? []) {
      bytes += child.bytes;
      open.push(child.pid);
    }
  return bytes;
}

/** Threads of all processes of a uid: what RLIMIT_NPROC counts. */
export async function tasksOf(uid: number): Promise<number> {
  let tasks = 0;
  for (const name of await readdir('/proc')) {
    if (!/^[1-9]\d*$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    if (Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1) === uid)
      tasks += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return tasks;
}
