/** A repository behind https, by git's own HTTP backend, as `https://registry.example.com/<name>` (the test authority's). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { testCertificate, testKey } from '../../../upstream/testing/certificates.ts';

export interface GitHost {
  readonly dial: (host: string, port: number) => Promise<Duplex>;
  /** What was dialled. */
  readonly dialled: readonly string[];
  readonly close: () => void;
}

/** `folder` holds the repositories. */
export async function gitHost(folder: string): Promise<GitHost> {
  const server = createServer({ cert: testCertificate, key: testKey }, (request, response) => {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const child = spawn('git', ['http-backend'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: path,
        QUERY_STRING: query,
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'],
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
    });
    child.stdin.on('error', () => undefined);
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const headers = all
        .subarray(0, end)
        .toString('latin1')
        .split('\r\n')
        .map((line) => line.split(/: ?/, 2) as [string, string]);
      const status = Number(headers.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
      response.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
      response.end(all.subarray(end + 4));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dialled: string[] = [];
  return {
    dialled,
    dial: async (host, asked) => {
      dialled.push(`${host}:${asked}`);
      const socket = connect({ host: '127.0.0.1', port });
      await once(socket, 'connect');
      return socket;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
