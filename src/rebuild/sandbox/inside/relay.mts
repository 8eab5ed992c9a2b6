/**
 * Runs inside, in a network of its own: gives 127.0.0.1:3128 the one way out, a UNIX socket of the host, and runs the
 * command of the run. It is no guard: what may pass is decided at the other end. Argument: a JSON object.
 */
import { spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { constants } from 'node:os';

interface Given {
  readonly socketPath: string;
  readonly command: readonly string[];
  readonly env: Record<string, string>;
}

const port = 3128;
const mostConnections = 256;

function relay(from: Socket, socketPath: string): void {
  const to = connect({ path: socketPath, allowHalfOpen: true });
  for (const [one, other] of [
    [from, to],
    [to, from],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
    one.pipe(other);
  }
}

function runCommand({ command, env }: Given): void {
  const [program = '', ...rest] = command;
  const child = spawn(program, rest, { env, stdio: 'inherit' });
  child.on('error', (error) => {
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exit(127);
  });
  child.on('exit', (code, signal) =>
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]),
  );
}

const given = JSON.parse(process.argv[2] ?? '{}') as Given;
const server = createServer({ allowHalfOpen: true }, (socket) => relay(socket, given.socketPath));
server.maxConnections = mostConnections;
server.listen(port, '127.0.0.1', () => runCommand(given));
