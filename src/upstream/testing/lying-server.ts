/**
 * A registry on loopback that lies as it is told. `serveRoutes` speaks HTTP and misbehaves in what it says;
 * `serveBytes` holds the bare socket and misbehaves in how it says it.
 */
import http, { type IncomingHttpHeaders, type RequestListener } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { testCertificate, testKey } from './certificates.ts';

export interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface LyingServer {
  readonly port: number;
  /** Base URL on 127.0.0.1, ends with `/`. */
  readonly url: string;
  /** Every request, in order. */
  readonly heard: readonly Heard[];
  readonly connections: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export type Routes = Readonly<Record<string, RequestListener>>;

/** Answers by exact path (percent-encoding as sent, query included); anything else is 404. */
export function serveRoutes(routes: Routes, secure = false): Promise<LyingServer> {
  const heard: Heard[] = [];
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? '';
    heard.push({ path, headers: request.headers });
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route === undefined) response.writeHead(404).end();
    else route(request, response);
  };
  const server = secure
    ? https.createServer({ cert: testCertificate, key: testKey }, listener)
    : http.createServer(listener);
  server.keepAliveTimeout = 60_000;
  return listening(server, heard, secure ? 'https' : 'http');
}

/** `talk` gets the socket and the running number (from 0) of the request head that has just arrived whole. */
export function serveBytes(talk: (socket: Socket, count: number) => void): Promise<LyingServer> {
  const heard: Heard[] = [];
  const server = net.createServer((socket) => {
    let head = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      heard.push({ path: head.split(' ')[1] ?? '', headers: {} });
      head = '';
      talk(socket, heard.length - 1);
    });
  });
  return listening(server, heard, 'http');
}

async function listening(server: Server, heard: readonly Heard[], scheme: string): Promise<LyingServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}/`,
    heard,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
