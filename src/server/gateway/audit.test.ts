import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { AdvisoryLookup, AdvisoryMatch, FeedState } from '../../core/advisory.ts';
import { isAssayError } from '../../core/errors.ts';
import type { Sha256 } from '../../core/digest.ts';
import { auditLimits } from '../../registries/npm/audit.ts';
import { sendAnswer } from './answer.ts';
import { answerAudit } from './audit.ts';

const feed: FeedState = {
  ecosystem: 'npm',
  digest: 'a'.repeat(64) as Sha256,
  importedAt: '2026-01-01T00:00:00.000Z',
  newestAt: '2026-01-01T00:00:00.000Z',
  records: 1,
  malicious: 0,
  withdrawn: 0,
  source: 'all.zip',
  canary: 'matched',
};
const match: AdvisoryMatch = {
  id: 'GHSA-aaaa-bbbb-cccc',
  aliases: [],
  malicious: false,
  severity: 'high',
  score: null,
  vector: null,
  summary: 'x',
  published: undefined,
  modified: '2026-01-01T00:00:00.000Z',
  fixed: [],
  sources: ['GHSA'],
  epss: null,
  kev: null,
};
const known: AdvisoryLookup = { feed, match: (name) => (name === 'bad' ? [match] : []) };

/** A listener that only audits. */
async function listen(t: TestContext, advisories: AdvisoryLookup | undefined): Promise<string> {
  const server: Server = createServer((request, response) => {
    answerAudit(advisories, request, 'audit-bulk').then(
      (answer) => sendAnswer(request, response, answer),
      (error: unknown) => {
        request.resume();
        response.writeHead(isAssayError(error) ? 400 : 500).end(isAssayError(error) ? error.code : '');
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function post(url: string, body: Uint8Array, encoding?: string): Promise<Response> {
  const headers = encoding === undefined ? {} : { 'content-encoding': encoding };
  return fetch(url, { method: 'POST', body: Buffer.from(body), headers });
}

const asked = Buffer.from('{"bad":["1.0.0"],"good":["1.0.0"]}');

test('a body is read plain and compressed', async (t) => {
  const url = await listen(t, known);
  for (const answer of [await post(url, asked), await post(url, gzipSync(asked), 'gzip')]) {
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys((await answer.json()) as object), ['bad']);
  }
});

test('without a feed, with an empty one or one that misses its canary, nothing is answered that looks clean', async (t) => {
  const broken: readonly (AdvisoryLookup | undefined)[] = [
    undefined,
    { ...known, feed: undefined },
    { ...known, feed: { ...feed, records: 0 } },
    { ...known, feed: { ...feed, canary: 'missed' } },
  ];
  for (const advisories of broken) {
    const answer = await post(await listen(t, advisories), asked);
    assert.equal(answer.status, 501);
    assert.match(((await answer.json()) as { error: string }).error, /nothing was checked/);
  }
});

test('bodies that are too large, inflate to too much or are none are refused', async (t) => {
  const url = await listen(t, known);
  const bomb = gzipSync(Buffer.alloc(auditLimits.textBytes + 1, ' '));
  assert.equal(await (await post(url, bomb, 'gzip')).text(), 'REQUEST_TOO_LARGE');
  assert.equal(await (await post(url, asked, 'gzip')).text(), 'REQUEST_INVALID');
  assert.equal(await (await post(url, asked, 'br')).text(), 'REQUEST_INVALID');
  assert.equal(await (await post(url, Buffer.from('['))).text(), 'REQUEST_INVALID');
});
