/**
 * One signer process: started through `sh`, which forbids core files (they would hold keys) and then becomes Node under
 * its permission model: reads its own code and folder, writes its own folder, no network, no children, no addons. The
 * environment is empty, and its process group is its own, so that Ctrl-C in a terminal does not end it before the log.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lineSplitter } from './lines.ts';
import { maxLineBytes } from './protocol.ts';

export interface SignerProcess {
  readonly pid: number | undefined;
  readonly send: (line: string) => void;
  /** Ends its stdin, upon which it ends by itself. */
  readonly finish: () => void;
  readonly kill: () => void;
}

export interface SignerProcessEvents {
  readonly line: (text: string) => void;
  /** Called once; `why` is a sentence with its last words. */
  readonly exit: (why: string) => void;
}

/** `directory` must be a real path: the permission model does not follow links. */
export function startSignerProcess(
  nodePath: string,
  directory: string,
  events: SignerProcessEvents,
): SignerProcess {
  const shell = ['-c', 'ulimit -c 0; exec "$@"', 'sh', nodePath];
  const child = spawn('/bin/sh', [...shell, ...signerFlags(directory), entry, directory], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  let exited = false;
  const exit = (how: string): void => {
    if (exited) return;
    exited = true;
    events.exit(stderr === '' ? how : `${how}: ${stderr.trim().slice(-500)}`);
  };
  const kill = (): void => {
    if (!exited) child.kill('SIGKILL');
  };
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString('utf8')).slice(-2000)));
  child.on('error', (error) => exit(error.message));
  child.on('close', (code, signal) =>
    exit(signal === null ? `it ended with code ${code}` : `it ended by ${signal}`),
  );
  // A broken pipe is told by `close`.
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', lineSplitter(maxLineBytes, events.line, kill));
  return {
    pid: child.pid,
    send: (line) => void child.stdin.write(`${line}\n`),
    finish: () => child.stdin.end(),
    kill,
  };
}

export function signerFlags(directory: string): readonly string[] {
  const zod = fileURLToPath(new URL('.', import.meta.resolve('zod')));
  const code = [
    '.',
    '../zod.ts',
    '../../core/',
    '../../ledger/',
    '../../storage/',
    '../../../package.json',
  ].map(here);
  return [
    '--permission',
    ...[directory, zod, ...code].map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${directory}`,
    '--disallow-code-generation-from-strings',
    '--disable-proto=delete',
    '--no-addons',
    '--no-warnings',
  ];
}

const entry = fileURLToPath(new URL('main.ts', import.meta.url));

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
