/**
 * The log as static files (C2SP tlog-tiles) under `/-/ledger/`. Public, without a token: entries are salted
 * commitments, made to be shown to anyone. Bytes go out as they lie there: a tile that was compressed on the way
 * would not have the hash it is named by.
 */
import type { IncomingMessage } from 'node:http';
import { sha256 } from '../../core/digest.ts';
import type { TileStore } from '../../ledger/log/deps.ts';
import { parseTilePath } from '../../ledger/verify/tiles.ts';
import { etagMatches, type Answer } from './answer.ts';

export const ledgerPrefix = '/-/ledger/';

const common = { 'x-content-type-options': 'nosniff' };
/** RFC 8246: a tile never changes. */
const tileHeaders = {
  ...common,
  'content-type': 'application/octet-stream',
  'cache-control': 'public, max-age=31536000, immutable',
};
const checkpointHeaders = {
  ...common,
  'content-type': 'text/plain; charset=utf-8',
  'cache-control': 'no-cache',
};

/** `path` is the URL's, as sent: only a name that the tiles' own grammar has is ever looked for. */
export async function answerLedgerFile(
  tiles: Pick<TileStore, 'read' | 'published'>,
  request: Pick<IncomingMessage, 'method' | 'headers'>,
  path: string,
): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return plain(405, 'The log is read-only.', { allow: 'GET, HEAD' });
  const name = path.slice(ledgerPrefix.length);
  if (name === 'checkpoint') return answerCheckpoint(await tiles.published(), request);
  const bytes = parseTilePath(name) === undefined ? undefined : await tiles.read(name);
  return bytes === undefined ? absent() : { status: 200, headers: tileHeaders, body: bytes };
}

/** Its own text tells it from every other one: a watcher who asks every second gets a short answer. */
function answerCheckpoint(
  checkpoint: Uint8Array | undefined,
  request: Pick<IncomingMessage, 'headers'>,
): Answer {
  if (checkpoint === undefined) return absent();
  const etag = `"${sha256(checkpoint)}"`;
  const headers = { ...checkpointHeaders, etag };
  if (etagMatches(request.headers['if-none-match'], etag))
    return { status: 304, headers, body: new Uint8Array() };
  return { status: 200, headers, body: checkpoint };
}

/** Not to be kept: a partial tile that is not there yet may be there a second later. */
function absent(): Answer {
  return plain(404, 'The log has no such file.');
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: {
      ...common,
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      ...headers,
    },
    body: Buffer.from(`${text}\n`, 'utf8'),
  };
}
