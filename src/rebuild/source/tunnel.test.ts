import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openTunnel } from './tunnel.ts';

async function opened(t: TestContext, maxBytes = 1 << 20) {
  const folder = mkdtempSync(join(tmpdir(), 'assay-tunnel-'));
  const far = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  far.listen(0, '127.0.0.1');
  await once(far, 'listening');
  const { port } = far.address() as AddressInfo;
  const dialled: string[] = [];
  const sockets: Socket[] = [];
  const socketPath = join(folder, 'sock');
  const tunnel = await openTunnel({
    socketPath,
    host: 'git.example.com',
    port: 443,
    maxBytes,
    dial: async (host, asked) => {
      dialled.push(`${host}:${asked}`);
      const socket = connect({ host: '127.0.0.1', port });
      sockets.push(socket);
      await once(socket, 'connect');
      return socket;
    },
  });
  t.after(async () => {
    await tunnel.close();
    far.close();
    rmSync(folder, { recursive: true });
  });
  const ask = async (line: string) => {
    const socket = connect(socketPath);
    socket.on('error', () => undefined);
    socket.write(`${line}\r\nhost: x\r\n\r\n`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    return { socket, said: first.toString('latin1') };
  };
  return { tunnel, dialled, sockets, ask };
}

describe('the way out of the sandbox', () => {
  it('leads to the one host and port, and carries what is said both ways', async (t) => {
    const { ask, dialled } = await opened(t);
    const { socket, said } = await ask('CONNECT git.example.com:443 HTTP/1.1');
    assert.match(said, /^HTTP\/1\.1 200/);
    socket.write('hello');
    const [echoed] = (await once(socket, 'data')) as [Buffer];
    assert.equal(echoed.toString(), 'hello');
    assert.deepEqual(dialled, ['git.example.com:443']);
    socket.destroy();
  });

  it('leads nowhere else', async (t) => {
    const { ask, dialled } = await opened(t);
    for (const line of [
      'CONNECT evil.example.com:443 HTTP/1.1',
      'CONNECT git.example.com:22 HTTP/1.1',
      'CONNECT git.example.com.evil.example.com:443 HTTP/1.1',
      'CONNECT 169.254.169.254:443 HTTP/1.1',
      'GET http://git.example.com/ HTTP/1.1',
    ]) {
      const { socket, said } = await ask(line);
      assert.match(said, /^HTTP\/1\.1 40[35]/, line);
      socket.destroy();
    }
    assert.deepEqual(dialled, []);
  });

  it('ends what says more than it may, and everything when it is closed', async (t) => {
    const { ask, tunnel, sockets } = await opened(t, 1000);
    const { socket } = await ask('CONNECT git.example.com:443 HTTP/1.1');
    const ended = once(socket, 'close');
    socket.resume();
    socket.write(Buffer.alloc(2000));
    await ended;
    const again = await ask('CONNECT git.example.com:443 HTTP/1.1');
    assert.match(again.said, /^HTTP\/1\.1 403/);
    again.socket.destroy();
    await tunnel.close();
    assert.ok(sockets.every(({ destroyed }) => destroyed));
  });
});
