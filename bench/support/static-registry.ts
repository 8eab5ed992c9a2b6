/**
 * A plain static registry on loopback: it replays files. What it does not have it fetches once from the machine's own
 * registry, so that a real project can be recorded and then served again without the network.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';

export interface StaticRegistry {
  /** Ends with `/`. */
  readonly url: string;
  /** Serves these bytes under the path, before anything on disk. */
  readonly put: (path: string, body: Uint8Array, type: string) => void;
  readonly close: () => Promise<void>;
}

interface Answer {
  readonly type: string;
  readonly body: Uint8Array;
}

const here = 'http://registry.invalid/';

/** `record`: where to keep what `origin` answers; nothing is fetched without it. */
export async function startStaticRegistry(record?: {
  readonly folder: string;
  readonly origin: string;
}): Promise<StaticRegistry> {
  const fixed = new Map<string, Answer>();
  let url = '';
  const server = createServer((request, response) => {
    answer(decodeURIComponent(request.url ?? '/')).then(
      (found) => send(response, found),
      (error: unknown) => response.writeHead(502).end(String(error)),
    );
  });

  async function answer(path: string): Promise<Answer | undefined> {
    const known = fixed.get(path);
    if (known !== undefined || record === undefined) return known;
    const file = join(record.folder, createHash('sha256').update(path).digest('hex'));
    if (!existsSync(file)) await fetchInto(file, record.origin, path);
    const body = await readFile(file);
    if (path.includes('/-/')) return { type: 'application/octet-stream', body };
    return { type: 'application/json', body: Buffer.from(body.toString('utf8').replaceAll(here, url)) };
  }

  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the static registry has no port');
  url = `http://127.0.0.1:${address.port}/`;
  return {
    url,
    put: (path, body, type) => void fixed.set(path, { body, type }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, found: Answer | undefined): void {
  if (found === undefined) {
    response.writeHead(404).end('{"error":"not found"}');
    return;
  }
  response.writeHead(200, { 'content-type': found.type, 'content-length': String(found.body.length) });
  response.end(found.body);
}

async function fetchInto(file: string, origin: string, path: string): Promise<void> {
  const url = new URL(path.slice(1).replace(/^(@[^/]+)\/([^/]+)$/, '$1%2f$2'), origin);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  let body = Buffer.from(await response.arrayBuffer());
  if (!path.includes('/-/')) body = Buffer.from(body.toString('utf8').replaceAll(origin, here));
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(`${file}.part`, body);
  await rename(`${file}.part`, file);
}
