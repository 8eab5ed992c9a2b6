/**
 * The way out of the sandbox for git: a proxy on a UNIX socket that connects to one host and port and to nothing else
 * (`CONNECT`, RFC 9110, section 9.3.6). What goes through is encrypted from end to end; it is counted, not read.
 */
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { messageOf } from '../../core/errors.ts';
import type { Dial } from './deps.ts';

export interface TunnelOptions {
  readonly socketPath: string;
  /** Lower case. */
  readonly host: string;
  readonly port: number;
  readonly dial: Dial;
  /** Of all connections, both ways. */
  readonly maxBytes: number;
}

export interface Tunnel {
  /** Why a connection could not be had or was ended, in a sentence; git itself is told no more than a status. */
  readonly problem: () => string | undefined;
  readonly close: () => Promise<void>;
}

const maxConnections = 8;

export async function openTunnel({ socketPath, host, port, dial, maxBytes }: TunnelOptions): Promise<Tunnel> {
  const open = new Set<Duplex>();
  const ended = new AbortController();
  let bytes = 0;
  let problem: string | undefined;

  function count(chunk: Uint8Array): void {
    bytes += chunk.length;
    if (bytes <= maxBytes) return;
    problem = `more than ${maxBytes} bytes went to and from ${host}`;
    for (const one of open) one.destroy();
  }

  async function connect(client: Duplex, head: Uint8Array): Promise<void> {
    const far = await dial(host, port, ended.signal);
    if (client.destroyed || ended.signal.aborted) {
      far.destroy();
      return;
    }
    open.add(far);
    far.on('close', () => {
      open.delete(far);
      client.destroy();
    });
    far.on('error', () => client.destroy());
    client.on('close', () => far.destroy());
    client.on('data', count);
    far.on('data', count);
    client.write('HTTP/1.1 200 Connected\r\n\r\n');
    if (head.length > 0) far.write(head);
    client.pipe(far).pipe(client);
  }

  const server = createServer((_request, response) => {
    response.writeHead(405, { connection: 'close' }).end();
  });
  server.maxConnections = maxConnections;
  server.on('connect', (request, client, head) => {
    client.on('error', () => client.destroy());
    client.on('close', () => open.delete(client));
    open.add(client);
    if (request.url?.toLowerCase() !== `${host}:${port}` || bytes > maxBytes)
      return void client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return void connect(client, head).catch((error: unknown) => {
      problem = messageOf(error);
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => resolve());
  });

  return {
    problem: () => problem,
    close: () =>
      new Promise((resolve) => {
        ended.abort();
        server.close(() => resolve());
        server.closeAllConnections();
        for (const one of open) one.destroy();
      }),
  };
}
