/**
 * A file host with a public address. A test has none, so these connections take the resolver's address
 * through the request's own check as always, and only then go to a server on loopback instead.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import net, { type LookupFunction } from 'node:net';
import { test } from 'node:test';
import { follow } from './follow.ts';
import { smallLimits, source } from './testing/harness.ts';
import { serveRoutes } from './testing/lying-server.ts';

type Done = (error: Error | null, socket?: net.Socket) => void;
interface Target {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
}

function detour(agent: http.Agent): http.Agent {
  const createConnection = ({ host, port, lookup }: Target, done: Done): void =>
    lookup(host, {}, (error) => (error === null ? done(null, net.connect(port, '127.0.0.1')) : done(error)));
  return Object.assign(agent, { createConnection });
}

test('a file host with a public address is followed, and the credential stays behind', async (t) => {
  const files = await serveRoutes({ '/left.tgz?signature=x': (_, response) => response.end('bytes') });
  const own = await serveRoutes({
    '/left.tgz': (_, response) =>
      response
        .writeHead(302, { location: `http://files.example.com:${files.port}/left.tgz?signature=x` })
        .end(),
  });
  const connections = { http: detour(new http.Agent()), https: new https.Agent(), close: () => undefined };
  t.after(async () => {
    await own.close();
    await files.close();
  });
  const resolved: string[] = [];
  const upstream = source(`http://mirror.example.com:${own.port}/`, {
    fileHosts: [`files.example.com:${files.port}`],
    authorization: 'Bearer not-for-others',
  });
  const { answer, urls } = await follow(
    {
      upstream,
      connections,
      limits: smallLimits,
      resolve: async (hostname) => {
        resolved.push(hostname);
        return [{ address: '93.184.215.14', family: 4 }];
      },
      refused: () => assert.fail('refused'),
      signal: new AbortController().signal,
    },
    new URL(`${upstream.url}left.tgz`),
    {},
    'files',
  );
  answer.message.resume();
  assert.equal(answer.status, 200);
  assert.deepEqual(resolved, ['mirror.example.com', 'files.example.com']);
  assert.equal(own.heard[0]?.headers.authorization, 'Bearer not-for-others');
  assert.equal(files.heard[0]?.headers.authorization, undefined);
  assert.deepEqual(urls, [
    `${upstream.url}left.tgz`,
    `http://files.example.com:${files.port}/left.tgz?[query removed]`,
  ]);
});
