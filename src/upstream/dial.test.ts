import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { isAssayError, type AssayError } from '../core/errors.ts';
import { createDial } from './dial.ts';

const signal = new AbortController().signal;

async function listening(t: TestContext): Promise<{ readonly port: number; readonly count: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.end('hello');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, count: () => count };
}

function dialTo(address: string, allowed = false) {
  return createDial({
    privateAllowed: () => allowed,
    resolve: () => Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }]),
  });
}

function refusedWith(code: AssayError['code']) {
  return (error: unknown) => isAssayError(error, code);
}

describe('a bare connection', () => {
  it('goes to a private address only where the operator named the host', async (t) => {
    const { port, count } = await listening(t);
    await assert.rejects(
      dialTo('127.0.0.1')('git.example.com', port, signal),
      refusedWith('UPSTREAM_HOST_REFUSED'),
    );
    await assert.rejects(
      dialTo('127.0.0.1')('127.0.0.1', port, signal),
      refusedWith('UPSTREAM_HOST_REFUSED'),
    );
    assert.equal(count(), 0);
    const socket = await dialTo('127.0.0.1', true)('git.example.com', port, signal);
    const [said] = (await once(socket, 'data')) as [Buffer];
    assert.equal(said.toString(), 'hello');
  });

  it("never goes to a cloud's metadata service", async () => {
    for (const host of ['169.254.169.254', 'git.example.com'])
      await assert.rejects(
        dialTo('169.254.169.254', true)(host, 443, signal),
        refusedWith('UPSTREAM_HOST_REFUSED'),
        host,
      );
  });

  it('says when nobody answers there', async (t) => {
    const { port } = await listening(t);
    const ended = new AbortController();
    ended.abort(new Error('over'));
    await assert.rejects(dialTo('127.0.0.1', true)('git.example.com', port, ended.signal), /over/);
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const closed = (free.address() as AddressInfo).port;
    free.close();
    await once(free, 'close');
    await assert.rejects(
      dialTo('127.0.0.1', true)('git.example.com', closed, signal),
      refusedWith('UPSTREAM_UNREACHABLE'),
    );
  });
});
