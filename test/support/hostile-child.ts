/** A runner's child that does whatever a taken-over parser might do, as each job asks. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { runInThisContext } from 'node:vm';
import { serveJobs } from '../../src/archive/serve-jobs.ts';
import { ownString, type Json, type JsonObject } from '../../src/core/json.ts';

const never = new Promise<never>(() => undefined);

serveJobs(async (job, sendPart) => {
  const argument = job['argument'] ?? null;
  const text = ownString(job, 'argument') ?? '';
  switch (ownString(job, 'do') ?? '') {
    case 'echo':
      sendPart(argument);
      return argument;
    case 'pid':
      return process.pid;
    case 'fail':
      throw new Error('this job cannot be done');
    case 'exit':
      return process.exit(3);
    case 'wait':
      setInterval(() => undefined, 1000);
      return never;
    case 'spin':
      for (;;);
    case 'grow-heap':
      return growHeap();
    case 'grow-buffers':
      return growBuffers();
    case 'long-line':
      process.stdout.write('x'.repeat(3_000_000));
      return never;
    case 'long-answer':
      for (let at = 0; at < 200; at += 1) sendPart('x'.repeat(50_000));
      return null;
    case 'raw':
      process.stdout.write(`${text}\n`);
      return never;
    case 'environment':
      return { ...process.env } as JsonObject;
    case 'try':
      return attempt(text, job);
    default:
      throw new Error('no such job');
  }
});

function growHeap(): never {
  const held: string[][] = [];
  for (;;) held.push(Array.from({ length: 1000 }, (_, at) => `${held.length} ${at}`));
}

async function growBuffers(): Promise<never> {
  const held: Buffer[] = [];
  for (;;) {
    held.push(Buffer.alloc(8 * 1024 * 1024, held.length));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The error's code, or `done` when nothing stopped it. */
async function attempt(what: string, job: JsonObject): Promise<Json> {
  const path = ownString(job, 'path') ?? '';
  try {
    if (what === 'read') readFileSync(path);
    if (what === 'write') writeFileSync(path, 'x');
    if (what === 'spawn') {
      const { error } = spawnSync('/bin/true');
      if (error !== undefined) throw error;
    }
    if (what === 'connect') await connected(Number(job['port']));
    if (what === 'eval') runInThisContext('eval("1")');
    return 'done';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).name;
  }
}

function connected(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}
