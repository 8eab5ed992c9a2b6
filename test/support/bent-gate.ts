/** A gate as somebody in between would show it: the entries of `dist.signatures` bent, everything else as it is. */
import { createServer, type ServerResponse } from 'node:http';
import type { Gate } from './gate.ts';
import { get } from './http.ts';

export interface Entry {
  readonly keyid: string;
  readonly sig: string;
}

const other = Buffer.alloc(70, 1).toString('base64');
/** What may become of entries on their way. */
export const bends: Readonly<Record<string, (entries: Entry[]) => Entry[]>> = {
  'was taken away': () => [],
  'is no signature': (entries) => entries.map(({ keyid }) => ({ keyid, sig: other })),
  'names a key that nobody serves': (entries) => entries.map(({ sig }) => ({ keyid: 'SHA256:other', sig })),
};

/** The gate as somebody in between would show it: its documents bent, its files as they are. */
export async function bentGate(
  gate: Pick<Gate, 'url'>,
  bend: (entries: Entry[]) => Entry[],
): Promise<{ url: string; close: () => void }> {
  const answerBent = async (url: string, accept: string, response: ServerResponse): Promise<void> => {
    const answer = await get(`${gate.url}${url.slice(1)}`, { accept });
    const type = answer.headers.get('content-type') ?? '';
    const bent = (): string =>
      JSON.stringify(JSON.parse(answer.body.toString('utf8')), (key, value: unknown) =>
        key === 'signatures' ? bend(value as Entry[]) : value,
      );
    response.writeHead(answer.status, { 'content-type': type });
    response.end(type.includes('json') ? bent() : answer.body);
  };
  const server = createServer((request, response) => {
    void answerBent(request.url ?? '/', request.headers.accept ?? '*/*', response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
