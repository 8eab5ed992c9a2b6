/** What a build may try to get out, each tried in a real sandbox, and beside it what an honest build does. */
import assert from 'node:assert/strict';
import { spawnSync, type StdioOptions } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  noSandbox,
  openTestSandbox,
  reachableFolder,
  type TestSandbox,
} from '../../../test/support/sandbox.ts';
import { isAssayError } from '../../core/errors.ts';
import { listOutput, readOutput } from './outputs.ts';

/** Perl is in every base, and makes system calls by number. */
function call(number: number, ...args: readonly (number | string)[]): string {
  const given = args.map((value) => (typeof value === 'number' ? String(value) : `my $s = "${value}"`));
  return `perl -e '$r = syscall(${[number, ...given].join(', ')}); print $r == -1 ? "errno " . ($! + 0) : "worked"'`;
}

const EPERM = 'errno 1';
const ENOSYS = 'errno 38';
const EAFNOSUPPORT = 'errno 97';

describe('a build cannot get out', { skip: noSandbox ?? false }, () => {
  let box: TestSandbox;
  before(async () => {
    box = await openTestSandbox();
  });
  after(() => box.close());

  it('has no network but its own loopback, which nobody else hears', async () => {
    const server = createServer((socket) => socket.end('host'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const reach = (host: string): string =>
      `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr => "${host}", PeerPort => ${port}, Timeout => 3) ? "reached" : "not"'`;
    const found = await box.sh(
      `cut -d: -f1 /proc/net/dev | tail -n +3; ${reach('127.0.0.1')}; ${reach('192.0.2.1')}`,
    );
    server.close();
    assert.equal(found.replaceAll(/\s/g, ''), 'lonotnot');
  });

  it('hears and reaches no abstract socket of the host', async () => {
    const name = `assay-test-${process.pid}`;
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(`\0${name}`, resolve));
    const found = await box.sh(
      `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); print connect(S, pack("S a*", AF_UNIX, "\\0${name}")) ? "reached" : "not"'`,
    );
    server.close();
    assert.equal(found, 'not');
  });

  it('cannot speak to the hypervisor, nor load drivers of the kernel through sockets', async () => {
    const [vsock, alg, packet, unix, inet] = [40, 38, 17, 1, 2];
    const found: string[] = [];
    for (const family of [vsock, alg, packet, unix, inet]) found.push(await box.sh(call(41, family, 1, 0)));
    assert.deepEqual(found, [EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, 'worked', 'worked']);
  });

  it('sees no file of the host', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-secret-'));
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'key'), 'secret', { mode: 0o644 });
    const found = await box.sh(
      `cat ${folder}/key ${process.execPath} /proc/1/root${folder}/key /proc/1/cwd/key; ls ${folder} /home /root`,
    );
    assert.doesNotMatch(found, /^secret/m);
    const denied = found.split('\n').filter((line) => /No such file|Permission denied|not found/.test(line));
    rmSync(folder, { recursive: true });
    assert.equal(denied.length, 5);
  });

  it('has no environment of the host', async () => {
    process.env['ASSAY_TEST_SECRET'] = 'secret';
    const found = await box.sh('env; cat /proc/*/environ');
    delete process.env['ASSAY_TEST_SECRET'];
    assert.doesNotMatch(found, /secret|ASSAY|npm_/i);
  });

  it('has no file open that Assay has, nor one that Assay was started with', async () => {
    const child = join(import.meta.dirname, '../../../test/support/sandbox-dying-child.ts');
    const folder = reachableFolder();
    const secret = openSync(process.execPath, 'r');
    // Beyond a gap: those below Node itself keeps from its children.
    const stdio: StdioOptions = [
      'ignore',
      'pipe',
      'inherit',
      ...Array.from({ length: 27 }, () => 'ignore' as const),
    ];
    const result = spawnSync(process.execPath, [child, folder, 'ls', '-l', '/proc/self/fd'], {
      stdio: [...stdio, secret],
      encoding: 'utf8',
    });
    closeSync(secret);
    rmSync(folder, { recursive: true });
    const open = result.stdout
      .split('\n')
      .flatMap((line) => / (\d+) -> (.*)$/.exec(line)?.slice(1, 3).join(' ') ?? []);
    assert.equal(open.length, 4, result.stdout);
    assert.match(open.join('\n'), /^0 \/dev\/null\n1 pipe:\S+\n2 pipe:\S+\n3 \/proc\/\d+\/fd$/);
  });

  it('shares no namespace with the host', async () => {
    const names = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];
    const inside = (
      await box.sh(`cd /proc/self/ns && for n in ${names.join(' ')}; do readlink $n; done`)
    ).split('\n');
    const shared = names.filter((name, at) => inside[at] === readlinkSync(`/proc/self/ns/${name}`));
    assert.deepEqual(shared, []);
    assert.equal(inside.length, names.length);
  });

  it('cannot write to its base, to the kernel, nor to what is mounted read-only', async () => {
    const workspace = await box.sandbox.workspace();
    const input = await workspace.folder('input');
    writeFileSync(join(input, 'file'), 'as it was');
    await workspace.give(input);
    const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
    const found = await box.sh(
      'for f in /usr/bin/x /etc/passwd /x /dev/x /run/x /input/file /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/self/oom_score_adj /proc/self/uid_map; do (echo 500 >$f) 2>/dev/null && echo "wrote $f"; done; rm -f /input/file; mv /usr /usr2; echo end',
      { mounts: [{ from: input, to: '/input', writable: false }] },
    );
    assert.equal(
      found
        .split('\n')
        .filter((line) => line.startsWith('wrote'))
        .join(),
      '',
    );
    assert.equal(readFileSync(join(input, 'file'), 'utf8'), 'as it was');
    assert.equal(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), pattern);
    // A dump that goes to a program is kept from it by this limit alone.
    assert.match(await box.sh('grep core /proc/self/limits'), /core file size\s+1\s+1\s/);
    await workspace.remove();
  });

  it('sees no process of the host or of another build, and can signal none', async () => {
    const other = new AbortController();
    let started = (): void => undefined;
    const running = new Promise<void>((resolve) => (started = resolve));
    const victim = box.run(['/bin/sh', '-c', 'echo up; exec sleep 50'], {
      onOutput: () => started(),
      signal: other.signal,
    });
    await running;
    const found = await box.sh(`ls -d /proc/[0-9]* | wc -l; kill -9 -1; kill -9 ${process.pid}; echo end`);
    other.abort();
    assert.equal((await victim).ended, 'cancelled');
    // bubblewrap's first process, the shell, `ls` and `wc`.
    assert.ok(Number(found.split('\n')[0]) <= 4, found);
  });

  it('cannot make files setuid, by any call', async () => {
    const [S_ISUID, O_CREAT, AT_FDCWD] = [0o4755, 0o101, -100];
    const found = [
      await box.sh(
        'cp /bin/true t; chmod u+s t && echo made; chmod g+s t && echo made; mkdir d; chmod 2755 d && echo made',
      ),
      await box.sh(`: >f; ${call(90, 'f', S_ISUID)}`),
      await box.sh(`: >f; ${call(268, AT_FDCWD, 'f', S_ISUID)}`),
      await box.sh(`: >f; ${call(452, AT_FDCWD, 'f', S_ISUID, 0)}`),
      await box.sh(call(257, AT_FDCWD, 'g', O_CREAT, S_ISUID)),
      await box.sh(call(2, 'g', O_CREAT, S_ISUID)),
      await box.sh(call(85, 'g', S_ISUID)),
      await box.sh(call(133, 'g', 0o100000 | S_ISUID, 0)),
      await box.sh(call(437, AT_FDCWD, 'g', 0, 0)),
    ];
    assert.doesNotMatch(found[0] ?? '', /made/);
    assert.deepEqual(found.slice(1), [...Array.from({ length: 7 }, () => EPERM), ENOSYS]);
    assert.equal(
      await box.sh('cp /bin/true t && chmod 755 t && ./t && install -m 644 t u && echo fine'),
      'fine',
    );
  });

  it('gets no capability, no namespace, no mount and no kernel interface that is rarely used', async () => {
    const CLONE_NEWUSER = 0x10000000;
    const calls = {
      unshare: call(272, CLONE_NEWUSER),
      clone: call(56, CLONE_NEWUSER | 17, 0, 0, 0, 0),
      untraced: call(56, 0x800000 | 17, 0, 0, 0, 0),
      setns: call(308, 0, 0),
      mount: call(165, 'none', '/tmp', 'tmpfs', 0, 0),
      chroot: call(161, '/tmp'),
      keyctl: call(250, 0, -3, 0),
      add_key: call(248, 'user', 'a', 'b', 1, -3),
      bpf: call(321, 0, 0, 0),
      userfaultfd: call(323, 0),
      perf: call(298, 0, 0, -1, -1, 0),
      ptrace: call(101, 0, 0, 0, 0),
      personality: call(135, 0x0040000),
      reboot: call(169, 0, 0, 0, 0),
    };
    for (const [name, words] of Object.entries(calls)) assert.equal(await box.sh(words), EPERM, name);
    for (const number of [435, 425, 426, 427, 447, 457, 463, 999])
      assert.equal(await box.sh(call(number, 0, 0, 0)), ENOSYS, String(number));
    const status = await box.sh(
      'grep -E "^(Cap|NoNewPrivs|Seccomp:|Groups)" /proc/self/status; id -u; id -g',
    );
    assert.equal(status.match(/^Cap\w+:\s+0{16}$/gm)?.length, 5);
    assert.match(status, /NoNewPrivs:\s+1\nSeccomp:\s+2/);
    assert.match(status, /1000\n100$/);
  });

  it('is killed when it calls the kernel as another architecture', async () => {
    const x32 = 0x40000000;
    // ELF of 64 bits whose code is: mov eax, 20 (getpid of 32 bits); int 0x80; mov eax, 60; xor edi, edi; syscall.
    const code = 'b814000000cd80b83c00000031ff0f05';
    const header =
      '7f454c460201010000000000000000000200 3e00 01000000 7800400000000000 4000000000000000 0000000000000000 00000000 4000 3800 0100 0000 0000 0000';
    const program = `01000000 05000000 0000000000000000 0000400000000000 0000400000000000 ${'8800000000000000'.repeat(2)} 0010000000000000`;
    const elf = `${header}${program}${code}`.replaceAll(' ', '');
    const ends = [
      await box.run(['perl', '-e', `syscall(${x32 + 39}); print "went on"`]),
      await box.run(['/bin/sh', '-c', `perl -e 'print pack("H*", "${elf}")' >e; chmod 755 e; exec ./e`]),
    ];
    assert.deepEqual(
      ends.map(({ ended, signal }) => [ended, signal]),
      [
        ['signal', 'SIGSYS'],
        ['signal', 'SIGSYS'],
      ],
    );
  });

  it('leaves links that Assay does not follow', async () => {
    const workspace = await box.sandbox.workspace();
    const out = await workspace.folder('out');
    await box.sh(
      'ln -s /etc/shadow shadow; ln -s /etc etc; ln -s ../../../../../../etc up; mkfifo pipe; mkdir real; echo fine >real/file; ln /etc/passwd hard 2>/dev/null; mknod device c 1 3 2>/dev/null; ln -s real linked',
      { mounts: [{ from: out, to: '/out', writable: true }], cwd: '/out' },
    );
    for (const path of [
      'shadow',
      'etc/hostname',
      'up/hostname',
      'pipe',
      'linked/file',
      '../input',
      'real/../real/file',
      '/etc/passwd',
      'real',
      'absent',
    ])
      await assert.rejects(
        readOutput(out, path, 1 << 20),
        (error) => isAssayError(error, 'BUILD_OUTPUT_INVALID'),
        path,
      );
    assert.equal((await readOutput(out, 'real/file', 5)).toString(), 'fine\n');
    assert.deepEqual(
      (await listOutput(out, 100)).map(({ path, type }) => `${path} ${type}`),
      ['etc link', 'linked link', 'pipe other', 'real folder', 'real/file file', 'shadow link', 'up link'],
    );
    await assert.rejects(
      box.sh('true', { mounts: [{ from: join(out, 'etc'), to: '/input', writable: false }] }),
      (error) => isAssayError(error, 'SANDBOX_FAILED'),
    );
    await assert.rejects(
      box.sh('true', {
        mounts: [
          { from: out, to: '/out', writable: false },
          { from: join(out, 'real'), to: '/out/etc', writable: false },
        ],
      }),
      (error) => isAssayError(error, 'SANDBOX_FAILED'),
    );
    await workspace.remove();
  });

  it('is gone when its command ends, and with it whoever it left behind', async () => {
    const workspace = await box.sandbox.workspace();
    const out = await workspace.folder('out');
    const spec = { mounts: [{ from: out, to: '/out', writable: true }], cwd: '/out' } as const;
    await box.sh(
      '(setsid sh -c "sleep 1; echo late >late" </dev/null >/dev/null 2>&1 &) ; echo early >early',
      spec,
    );
    await box.sh('sleep 2', spec);
    assert.deepEqual(
      (await listOutput(out, 10)).map(({ path }) => path),
      ['early'],
    );
    assert.equal(statSync(join(out, 'early')).uid === 0, false);
    await workspace.remove();
  });
});
