/** The child's side of the runner's protocol: jobs from stdin, one after the other, answers to stdout. */
import { createInterface } from 'node:readline';
import { messageOf } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';

export type JobHandler = (job: JsonObject, sendPart: (part: Json) => void) => Promise<Json>;

/** Never returns while stdin is open; the process ends with it. */
export function serveJobs(handle: JobHandler): void {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  let last: Promise<void> = Promise.resolve();
  lines.on('line', (line) => {
    last = last.then(() => answer(line, handle));
  });
  // The parent is gone, or wants us gone: nothing we could still finish is wanted.
  process.stdin.on('end', () => process.exit(0));
}

async function answer(line: string, handle: JobHandler): Promise<void> {
  const { id, job } = JSON.parse(line) as { readonly id: number; readonly job: JsonObject };
  const send = (message: JsonObject): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
  try {
    const end = await handle(job, (part) => send({ id, part }));
    const { user, system } = process.cpuUsage();
    send({ id, end, cpuSeconds: (user + system) / 1e6 });
  } catch (error) {
    send({ id, fail: messageOf(error) });
  }
}
