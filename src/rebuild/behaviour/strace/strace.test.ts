/** strace's log is half ours and half the package's: whatever the package puts into it, it stays text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressOf, isLoopback, questionIn } from './addresses.ts';
import { readCalls, type Call } from './lines.ts';
import { bytesIn, decoded, readArguments, textOf, textsOf, unescaped, wordOf } from './value.ts';

function read(...lines: readonly string[]): { readonly calls: readonly Call[]; readonly lost: number } {
  const reader = readCalls(() => true);
  const calls = lines.flatMap((line) => reader.take(line)).concat(reader.end());
  return { calls, lost: reader.lost() };
}

/** As strace 6.1 prints a string (`print_quoted_string_ex`): octal with as many digits as are needed. */
function printed(text: string, also = ''): string {
  const bytes = [...Buffer.from(text)];
  const plain: Readonly<Record<number, string>> = {
    9: 't',
    10: 'n',
    11: 'v',
    12: 'f',
    13: 'r',
    34: '"',
    92: '\\',
  };
  return bytes
    .map((byte, at) => {
      const named = plain[byte];
      if (named !== undefined) return `\\${named}`;
      const letter = String.fromCharCode(byte);
      if (byte >= 32 && byte < 127 && !also.includes(letter)) return letter;
      const next = bytes[at + 1] ?? 0;
      return `\\${next >= 48 && next <= 57 ? byte.toString(8).padStart(3, '0') : byte.toString(8)}`;
    })
    .join('');
}

test('a text is what the package wrote, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (path, other) => {
      const [a, b] = [path.toWellFormed(), other.toWellFormed()];
      const annotated = printed(b, '<>');
      const line = `12 1.5 renameat2(AT_FDCWD</home/${annotated}>, "${printed(a)}", 3</${annotated}>, "${printed(b)}", 0) = 0`;
      const { calls, lost } = read(line);
      const [call] = calls;
      assert.deepEqual([lost, calls.length, call?.name, call?.result], [0, 1, 'renameat2', '0']);
      assert.deepEqual([textOf(call?.args[1]), textOf(call?.args[3])], [a, b]);
      const [folder] = call?.args ?? [];
      assert.equal(folder?.kind === 'word' ? folder.path : undefined, `/home/${b}`);
    }),
  );
});

test('command lines cannot be made to look like two arguments, another call or another result', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      const argv = words.map((word) => word.toWellFormed());
      const hostile = [
        ...argv,
        '", "x"], [/* ',
        ') = 0\n12 2.0 unlink("/x") = 0',
        '<unfinished ...>',
        ' = -1 ENOENT',
      ];
      const list = hostile.map((word) => `"${printed(word)}"`).join(', ');
      const [call, ...more] = read(`12 1.5 execve("/bin/sh", [${list}], ["A=1"]) = 0`).calls;
      assert.deepEqual([more.length, call?.error, call?.result], [0, undefined, '0']);
      assert.deepEqual(textsOf(call?.args[1]), hostile);
    }),
  );
});

test('any lines at all are read without an error, in bounded time, and what is none is counted', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 300 })), (lines) => {
      const { calls, lost } = read(...lines, ...lines.map((line) => `7 1.0 open(${line}`));
      assert.ok(calls.length + lost <= 2 * lines.length);
    }),
  );
  const deep = `7 1.0 open(${'[{'.repeat(100_000)}`;
  const flat = `7 1.0 open(${'a,'.repeat(100_000)}`;
  const quotes = `7 1.0 open("${'\\'.repeat(100_000)}"`;
  for (const line of [deep, flat, quotes]) assert.equal(read(line).calls.length, 1);
});

test('calls that others cut in two are one call, under the process that made it', () => {
  const { calls, lost } = read(
    '10 1.0 openat(AT_FDCWD</a>, "x\\"<unfinished ...>", O_RDONLY <unfinished ...>',
    '11 1.1 vfork( <unfinished ...>',
    '12 1.2 execve("/bin/true", ["true"], []) = 0',
    '10 1.3 <... openat resumed>) = 3</a/x>',
    "11 1.4 <... vfork resumed>) = 4 /* 12 in strace's PID NS */",
    '13 1.5 clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=300, tv_nsec=0},  <unfinished ...>',
  );
  assert.equal(lost, 0);
  assert.deepEqual(
    calls.map(({ pid, name, result }) => [pid, name, result]),
    [
      [12, 'execve', '0'],
      [10, 'openat', '3'],
      [11, 'vfork', '4'],
      [13, 'clock_nanosleep', undefined],
    ],
  );
  assert.equal(calls[1]?.resultPath, '/a/x');
  assert.equal(textOf(calls[1]?.args[1]), 'x"<unfinished ...>');
  assert.deepEqual(calls[2]?.child, { inside: 4, pid: 12 });
});

test('a thread that starts a program comes back under the number of its process', () => {
  const { calls, lost } = read(
    '22 1.0 execve("/bin/true", ["/bin/true"], ["A=1"] <pid changed to 20 ...>',
    '20 1.1 +++ superseded by execve in pid 22 +++',
    '20 1.2 <... execve resumed>) = 0',
  );
  assert.deepEqual(
    [lost, calls.map(({ pid, name, result }) => [pid, name, result])],
    [0, [[20, 'execve', '0']]],
  );
});

test('what resumes and never began, and what is no call, is told as lost', () => {
  assert.equal(read('10 1.0 <... openat resumed>) = 3', 'nonsense', '10 1.0 !!').lost, 3);
  assert.equal(read('', '10 1.0 +++ exited with 0 +++', '10 1.0 --- SIGCHLD {} ---').lost, 0);
});

test('errors are told by name, and a call that never came back has no result', () => {
  const [failed, gone] = read(
    '1 1.0 open("x", 0) = -1 EACCES (Permission denied)',
    '1 1.0 exit_group(0) = ?',
  ).calls;
  assert.deepEqual(
    [failed?.result, failed?.error, gone?.result, gone?.error],
    ['-1', 'EACCES', undefined, undefined],
  );
});

test('addresses are read in all families', () => {
  const of = (text: string) => addressOf(readArguments(`${text})`, 0).values[0]);
  assert.deepEqual(of('{sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("203.0.113.7")}'), {
    family: 'inet',
    host: '203.0.113.7',
    port: 443,
  });
  assert.deepEqual(
    of(
      '{sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}',
    ),
    { family: 'inet', host: '2001:db8::1', port: 53 },
  );
  assert.deepEqual(of('{sa_family=AF_UNIX, sun_path="/var/run/docker.sock"}'), {
    family: 'unix',
    path: '/var/run/docker.sock',
  });
  assert.deepEqual(of('{sa_family=AF_NETLINK, nl_pid=0}'), { family: 'other', name: 'AF_NETLINK' });
  assert.equal(of('NULL'), undefined);
  assert.ok(['127.0.0.1', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1'].every(isLoopback));
  assert.ok(['10.0.0.1', '1.127.0.0', '128.0.0.1', 'fe80::1'].every((host) => !isLoopback(host)));
});

function question(labels: readonly string[]): string {
  const name = labels.map(
    (label) => String.fromCharCode(Buffer.byteLength(label)) + Buffer.from(label).toString('latin1'),
  );
  return `\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00${name.join('')}\x00\x00\x01\x00\x01`;
}

test('names asked for are read from the messages themselves, and nothing else is one', () => {
  const label = fc.string({
    unit: fc.constantFrom('a', 'b', 'z', '0', '9', '-', '_'),
    minLength: 1,
    maxLength: 63,
  });
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
      assert.equal(questionIn(question(labels)), labels.join('.'));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const name = questionIn(Buffer.from(bytes).toString('latin1'));
      assert.ok(name === undefined || name.length <= 255);
    }),
  );
  assert.equal(questionIn('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n'), undefined);
  const [call] = read(
    String.raw`1 1.0 sendmmsg(17<socket:[1]>, [{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="<\200\1\0\0\1\0\0\0\0\0\0\4evil\7example\3com\0\0\1\0\1", iov_len=34}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, msg_len=34}], 2, MSG_NOSIGNAL) = 2`,
  ).calls;
  assert.deepEqual(bytesIn(call?.args[1]).map(questionIn), ['evil.example.com']);
});

test('escapes are undone as C means them', () => {
  assert.equal(unescaped(String.raw`a\0b\0011\x41\"\\\n\377`), 'a\0b\x011A"\\\n\xff');
  assert.equal(decoded(unescaped(String.raw`\303\251`)), 'é');
  assert.equal(
    wordOf(readArguments('htons(53) /* a, b) */, 7</x\\74y>) = 0', 0).values[0]),
    'htons(53) /* a, b) */',
  );
});
