/** What honest builds need of the sandbox, each in a real one. */
import assert from 'node:assert/strict';
import { existsSync, lchownSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { noSandbox, openTestSandbox, testLimits, type TestSandbox } from '../../../test/support/sandbox.ts';
import { isAssayError } from '../../core/errors.ts';
import { readOutput } from './outputs.ts';
import type { Mount, Workspace } from '../../core/sandbox.ts';

describe('an honest build finds what it needs', { skip: noSandbox ?? false }, () => {
  let box: TestSandbox;
  let workspace: Workspace;
  let node: Mount;
  before(async () => {
    box = await openTestSandbox();
    workspace = await box.sandbox.workspace();
    node = { from: process.execPath, to: '/toolchain/node', writable: false };
  });
  after(async () => {
    await workspace.remove();
    await box.close();
  });

  it('compiles with cc, and writes its output', async () => {
    const out = await workspace.folder('compiled');
    writeFileSync(join(out, 'hello.c'), '#include <stdio.h>\nint main(void) { puts("compiled"); }\n');
    await workspace.give(out);
    const printed = await box.sh('cc -O2 -o hello hello.c && ./hello && echo done >/dev/stdout', {
      mounts: [{ from: out, to: '/build', writable: true }],
      cwd: '/build',
    });
    assert.equal(printed, 'compiled\ndone');
    assert.equal((await readOutput(out, 'hello', 1 << 20)).subarray(1, 4).toString(), 'ELF');
  });

  it('runs Node with workers, children and its own temporary files', async () => {
    const script = `
      const fs = require('node:fs'), os = require('node:os'), { execFileSync } = require('node:child_process');
      const folder = fs.mkdtempSync(os.tmpdir() + '/x-');
      fs.writeFileSync(os.homedir() + '/cache', 'x');
      const { Worker } = require('node:worker_threads');
      const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true });
      worker.on('message', () => fs.promises.readdir('/usr').then(() =>
        console.log(os.hostname(), os.userInfo().username, execFileSync('/bin/echo', ['child']).toString().trim(), folder.slice(0, 7))));`;
    const result = await box.run(['/toolchain/node', '-e', script], { mounts: [node] });
    assert.equal(result.output, 'localhost build child /tmp/x-\n');
    assert.equal(result.exitCode, 0);
    assert.ok((result.cpuMs ?? 0) > 0 && result.wallMs > 0);
  });

  it('has the same name, user, locale, umask, time zone and environment, every time', async () => {
    const words =
      'hostname; id -un; id -gn; locale 2>/dev/null | grep LC_ALL; umask; date +%Z; pwd; env | sort';
    const [one, two] = [await box.sh(words), await box.sh(words)];
    assert.equal(one, two);
    assert.match(one, /^localhost\nbuild\nusers\n/);
    assert.match(one, /\n0022\nUTC\n\/tmp\n/);
    assert.equal(
      await box.sh(
        'getent passwd root >/dev/null && getent group staff games >/dev/null && : >/var/tmp/x && echo fine',
      ),
      'fine',
    );
    assert.match(one, /^SOURCE_DATE_EPOCH=1700000000$/m);
    const other = await box.sh('hostname; whoami; echo ~', { identity: { hostname: 'ci-7f3a', user: 'jo' } });
    assert.equal(other, 'ci-7f3a\njo\n/home/jo');
  });

  it('can have a clock that stands still, in C, in Perl and in Node', async () => {
    const script = 'setTimeout(() => console.log(Date.now(), new Date().toISOString()), 20)';
    const words = `date -u +%FT%TZ; perl -e 'print time, "\\n"'; /toolchain/node -e '${script}'; touch f; [ "$(stat -c %Y f)" -gt 1750000000 ] && echo real`;
    const result = await box.run(['/bin/sh', '-c', words], { mounts: [node], freezeClock: true });
    assert.equal(result.clock, 'frozen');
    assert.equal(
      result.output,
      '2023-11-14T22:13:20Z\n1700000000\n1700000000000 2023-11-14T22:13:20.000Z\nreal\n',
    );
    assert.equal((await box.run(['true'])).clock, 'running');
  });

  it('has a clock that stands still in Node alone where the base has no libfaketime, and says so', async () => {
    const root = await workspace.folder('root');
    const parts = { '/usr': 'usr', '/bin': 'usr/bin', '/lib': 'usr/lib', '/lib64': 'usr/lib64' };
    const mounts = Object.entries(parts).map(([to, from]) => ({
      from: join(box.base.path, from),
      to,
      writable: false,
    }));
    const script =
      'const later = new Date(5); class Own extends Date {} console.log(Date.now(), +new Date(), Date().slice(0, 15), later.getTime(), new Own().getTime(), new Date() instanceof Date, new Date().constructor === Date, Date.UTC(1970, 0), Date.length)';
    const result = await box.run(['/toolchain/node', '-e', script], {
      root,
      mounts: [...mounts, node],
      freezeClock: true,
    });
    assert.equal(result.clock, 'node');
    assert.equal(
      result.output,
      '1700000000000 1700000000000 Tue Nov 14 2023 5 1700000000000 true true 0 7\n',
    );
  });

  it('can write everywhere where that is asked for, and the base stays as it was', async () => {
    const spec = { writableRoot: true } as const;
    assert.equal(
      await box.sh('echo x >/usr/bin/new && rm -r /usr/share/perl5 && mkdir /opt/y && echo wrote', spec),
      'wrote',
    );
    assert.equal(
      await box.sh('ls /usr/bin/new /opt; ls -d /usr/share/perl5', spec),
      "ls: cannot access '/usr/bin/new': No such file or directory\n/opt:\n/usr/share/perl5",
    );
    assert.equal(existsSync(join(box.base.path, 'usr/bin/new')), false);
    const status = await box.sh(
      'grep -E "^(CapEff|CapBnd|Seccomp:)" /proc/self/status; unshare -U true; (echo x >/proc/sys/kernel/core_pattern) 2>/dev/null && echo wrote',
      spec,
    );
    assert.match(status, /CapBnd:\s+0{16}\n/);
    assert.match(status, /Seccomp:\s+2\n/);
    assert.match(status, /Operation not permitted/);
    assert.doesNotMatch(status, /wrote/);
  });

  it('reaches a proxy over 127.0.0.1:3128, and nothing else', async () => {
    const folder = await workspace.folder('proxy');
    const socketPath = join(folder, 'proxy.sock');
    const asked: string[] = [];
    const proxy = await listen(socketPath, asked);
    const script = `
      const http = require('node:http');
      const get = (port, path) => new Promise((done) => http.get({ host: '127.0.0.1', port, path }, (answer) => {
        let size = 0; answer.on('data', (chunk) => (size += chunk.length)).on('end', () => done(answer.statusCode + ' ' + size));
      }).on('error', (error) => done(error.code)));
      (async () => { console.log(await get(3128, 'http://registry.example.com/one'), await get(80, '/'), process.env.OWN); process.exit(7); })();`;
    const result = await box.run(['/toolchain/node', '-e', script], {
      mounts: [node],
      network: { kind: 'proxy', socketPath },
      env: { OWN: 'mine' },
    });
    proxy.close();
    assert.equal(result.output, '200 3000000 ECONNREFUSED mine\n');
    assert.equal(result.exitCode, 7);
    assert.deepEqual(asked, ['http://registry.example.com/one']);
  });

  it('is traced from outside where that is asked for: what it tries shows, also what is denied', async () => {
    const out = await workspace.folder('traced');
    const toPath = join(workspace.path, 'trace');
    await box.sh('touch file; chmod u+s file; perl -e "syscall(250, 0, -3, 0)"; cat /etc/shadow', {
      mounts: [{ from: out, to: '/out', writable: true }],
      cwd: '/out',
      trace: { toPath },
    });
    const log = readFileSync(toPath, 'utf8');
    for (const seen of [
      /execve\("\/usr\/bin\/touch"/,
      /chmod.*04.*EPERM/,
      /keyctl.*EPERM/,
      /"\/etc\/shadow"/,
    ])
      assert.match(log, seen);
  });

  it('can be cancelled', async () => {
    const stop = new AbortController();
    const result = await box.run(
      ['/bin/sh', '-c', 'trap "" TERM INT HUP; echo up; while :; do sleep 1; done'],
      {
        onOutput: () => stop.abort(),
        signal: stop.signal,
      },
    );
    assert.equal(result.ended, 'cancelled');
    assert.equal((await box.run(['sleep', '60'], { signal: AbortSignal.abort() })).ended, 'cancelled');
  });

  it('is told when its program is not there, or was killed', async () => {
    await assert.rejects(
      box.run(['/no/such/program']),
      (error) => isAssayError(error, 'SANDBOX_FAILED') && error.message.includes('/no/such/program'),
    );
    const killed = await box.run(['/bin/sh', '-c', 'kill -SEGV $$']);
    assert.deepEqual([killed.ended, killed.signal, killed.exitCode], ['signal', 'SIGSEGV', undefined]);
  });

  it('is refused when it asks for what cannot be', async () => {
    const there = await workspace.folder('there');
    const mount = { from: there, to: '/in', writable: false };
    const wrong = [
      { command: [] },
      { env: { 'A B': 'x' } },
      { cwd: '/\0' },
      { mounts: [mount, mount] },
      { mounts: [{ ...mount, to: '/proc/x' }] },
      { mounts: [{ ...mount, to: 'in' }] },
      { mounts: [{ ...mount, to: '/a/../in' }] },
      { mounts: [{ ...mount, from: join(there, 'absent') }] },
      { limits: { ...testLimits, wallMs: 0 } },
      { identity: { hostname: '-x y', user: 'jo' } },
      { root: join(there, 'absent') },
      { tmpfs: [{ to: '/run/assay', sizeBytes: 1 }] },
    ];
    for (const changes of wrong)
      await assert.rejects(
        box.run(['true'], changes),
        (error) => isAssayError(error, 'SANDBOX_FAILED'),
        JSON.stringify(changes),
      );
  });
});

/** Answers everything with three megabytes; the uid of the runs may speak to it. */
async function listen(socketPath: string, asked: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(Buffer.alloc(3_000_000));
  });
  await new Promise<void>((resolve) => server.listen({ path: socketPath, writableAll: true }, resolve));
  if (process.getuid?.() === 0) lchownSync(socketPath, 1_900_000_001, 1_900_000_001);
  return server;
}
