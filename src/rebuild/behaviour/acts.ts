/** What one call does, in the words of rules; nothing for most calls. */
import type { Act, Process } from './events.ts';
import { clip } from './events.ts';
import type { Links } from './paths.ts';
import { scriptNamed } from './programs.ts';
import { addressOf, questionIn, type Address } from './strace/addresses.ts';
import type { Call } from './strace/lines.ts';
import { bytesIn, fieldOf, textOf, textsOf, wordOf, type Value } from './strace/value.ts';

export interface CallContext {
  readonly links: Links;
  /** `socket:[4711]` → where it was connected. */
  readonly sockets: Map<string, Address>;
  /** Files that bytes were written to, since they were last emptied: they are no copies, whatever was copied there too. */
  readonly filled: Set<string>;
  /** Files that are copies so far. */
  readonly copies: Set<string>;
  readonly tokensIn: (text: string) => readonly string[];
  /** More than is kept of something: what follows is no longer seen whole. */
  readonly lose: () => void;
}

type Reader = (call: Call, process: Process, context: CallContext) => readonly Act[];

const mostSockets = 20_000;
const mostFiles = 50_000;

export function actsOf(call: Call, process: Process, context: CallContext): readonly Act[] {
  const read = readers.get(call.name);
  return read === undefined ? [] : read(call, process, context);
}

type Last = 'follow' | 'keep';

/** The path that a `*at` call means, or a call without a folder. */
function pathAt(
  process: Process,
  { links }: CallContext,
  folder: Value | undefined,
  path: Value | undefined,
  last: Last,
): string | undefined {
  const text = textOf(path);
  let base = process.cwd;
  if (folder?.kind === 'word' && folder.path !== undefined) {
    base = folder.path;
    if (folder.word.startsWith('AT_FDCWD')) process.cwd = base;
  }
  if (text === undefined) return undefined;
  if (text === '') return folder?.kind === 'word' ? folder.path : undefined;
  return links.locate(text, { base, cwd: process.cwd, last });
}

/** A call's `n`th argument as a path, with its folder before it when `at`. */
function pathOf(
  call: Call,
  process: Process,
  context: CallContext,
  n: number,
  at: boolean,
  last: Last,
): string | undefined {
  return at
    ? pathAt(process, context, call.args[n], call.args[n + 1], last)
    : pathAt(process, context, undefined, call.args[n], last);
}

const writing = /\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b/;

function opened(
  path: string | undefined,
  flags: string,
  call: Call,
  { filled }: CallContext,
): readonly Act[] {
  const real = call.resultPath ?? path;
  if (real === undefined) return [];
  // A file so opened can be given a name by which it is read then (`ln -L /proc/self/fd/3 …`).
  if (/\bO_PATH\b/.test(flags)) return /\bO_DIRECTORY\b/.test(flags) ? [] : [{ kind: 'read', path: real }];
  if (writing.test(flags)) {
    if (/\bO_TRUNC\b/.test(flags)) filled.delete(real);
    const reads = /\bO_RDWR\b/.test(flags) && call.error === undefined;
    return [{ kind: 'write', path: real }, ...(reads ? [{ kind: 'read', path: real } as const] : [])];
  }
  return /\bO_DIRECTORY\b/.test(flags) ? [] : [{ kind: 'read', path: real }];
}

function open(at: boolean): Reader {
  return (call, process, context) => {
    const flags = call.args[at ? 2 : 1];
    const words = wordOf(flags?.kind === 'fields' ? fieldOf(flags, 'flags') : flags);
    return opened(pathOf(call, process, context, 0, at, 'follow'), words, call, context);
  };
}

function onPath(kind: 'write' | 'make' | 'delete', at: boolean): Reader {
  return (call, process, context) => {
    const path = pathOf(call, process, context, 0, at, kind === 'write' ? 'follow' : 'keep');
    if (path !== undefined && kind === 'delete' && call.error === undefined) context.links.remove(path);
    return path === undefined ? [] : [{ kind, path }];
  };
}

function moved(kind: 'rename' | 'link', at: boolean): Reader {
  return (call, process, context) => {
    // A link to a link is one to what that leads to, where the call says so; taken for it in any case.
    const from = pathOf(call, process, context, 0, at, kind === 'link' ? 'follow' : 'keep');
    const to = pathOf(call, process, context, at ? 2 : 1, at, 'keep');
    if (from === undefined || to === undefined) return [];
    if (kind === 'link') {
      const own = pathOf(call, process, context, 0, at, 'keep');
      if (own !== undefined && call.error === undefined) context.links.copy(own, to);
      return [{ kind, from, to }];
    }
    const exchange = /\bRENAME_EXCHANGE\b/.test(wordOf(call.args[4]));
    if (call.error === undefined) context.links[exchange ? 'exchange' : 'move'](from, to);
    return [{ kind, from, to, exchange }];
  };
}

function symlinked(at: boolean): Reader {
  return (call, process, context) => {
    const target = textOf(call.args[0]);
    const to = pathOf(call, process, context, 1, at, 'keep');
    if (target === undefined || to === undefined) return [];
    const base = to.slice(0, to.lastIndexOf('/')) || '/';
    const from = context.links.locate(target, { base, cwd: process.cwd, last: 'follow' });
    if (call.error === undefined) context.links.add(to, target);
    return [{ kind: 'link', from, to }];
  };
}

function changedMode(at: boolean): Reader {
  return (call, process, context) => {
    const [first] = call.args;
    const path =
      call.name === 'fchmod' && first?.kind === 'word'
        ? first.path
        : pathOf(call, process, context, 0, at, 'follow');
    const mode = parseInt(wordOf(call.args[at ? 2 : 1]), 8);
    return path === undefined || Number.isNaN(mode) ? [] : [{ kind: 'mode', path, mode }];
  };
}

const moveTo: Reader = (call, process, context) => {
  const [where] = call.args;
  const path = where?.kind === 'word' ? where.path : pathAt(process, context, undefined, where, 'follow');
  if (path !== undefined && call.error === undefined) process.cwd = path;
  return [];
};

const execute =
  (at: boolean): Reader =>
  (call, process, context) => {
    // What is not on the PATH is looked for in every folder of it.
    if (call.error === 'ENOENT') return [];
    const path = pathOf(call, process, context, 0, at, 'follow') ?? '';
    const argv = textsOf(call.args[at ? 2 : 1]);
    const tokens = context.tokensIn(argv.join('\0'));
    const named = scriptNamed(path, argv);
    const { cwd } = process;
    const file =
      named === undefined ? undefined : context.links.locate(named, { base: cwd, cwd, last: 'follow' });
    return [
      { kind: 'exec', path, argv: argv.slice(0, 200).map((word) => clip(word, 4000)), file },
      ...(tokens.length === 0 ? [] : [{ kind: 'token', tokens, where: 'a command line' } as const]),
    ];
  };

// ---- sockets, and bytes that go out ----

function descriptor(value: Value | undefined): string {
  return value?.kind === 'word' ? (value.path ?? '') : '';
}

const connect: Reader = (call, _process, { sockets, lose }) => {
  const address = addressOf(call.args[1]);
  if (address === undefined) return [];
  const socket = descriptor(call.args[0]);
  if (socket.startsWith('socket:')) {
    if (sockets.size < mostSockets || sockets.has(socket)) sockets.set(socket, address);
    else lose();
  }
  return [{ kind: 'connect', address }];
};

/** Everything that is handed to the kernel to be sent or written: where to, names asked for, honeytokens in it. */
const put: Reader = (call, _process, { sockets, tokensIn, filled, copies, lose }) => {
  const to = descriptor(call.args[0]);
  const isSocket = to.startsWith('socket:');
  const acts: Act[] = [];
  if (to.startsWith('/')) {
    if (copies.delete(to)) acts.push({ kind: 'write', path: to });
    if (filled.size < mostFiles || filled.has(to)) filled.add(to);
    else lose();
  }
  const given = isSocket ? addressIn(call) : undefined;
  if (given !== undefined) acts.push({ kind: 'connect', address: given });
  const address = given ?? (isSocket ? sockets.get(to) : undefined);
  const payload = call.args.slice(1).flatMap(bytesIn);
  const named =
    address?.family === 'inet' && address.port === 53 ? payload.flatMap((one) => questionIn(one) ?? []) : [];
  acts.push(...named.map((name) => ({ kind: 'ask', name }) as const));
  const tokens = tokensIn([...payload, ...named.map((name) => name.replaceAll('.', ''))].join('\0'));
  if (tokens.length > 0)
    acts.push({
      kind: 'token',
      tokens,
      where:
        named.length > 0
          ? 'a name asked for'
          : isSocket
            ? 'what it sent'
            : to.startsWith('/')
              ? `what it wrote to ${clip(to, 100)}`
              : 'what it printed',
    });
  return acts;
};

function addressIn(call: Call): Address | undefined {
  if (call.name === 'sendto') return addressOf(call.args[4]);
  const [, message] = call.args;
  const first = message?.kind === 'list' ? fieldOf(message.items[0], 'msg_hdr') : message;
  return addressOf(fieldOf(first, 'msg_name'));
}

function copied(from: number, to: number): Reader {
  return (call, _process, { filled, copies, lose }) => {
    const [source, target] = [descriptor(call.args[from]), descriptor(call.args[to])];
    if (!source.startsWith('/') || !target.startsWith('/') || filled.has(target)) return [];
    if (copies.size < mostFiles || copies.has(target)) copies.add(target);
    else lose();
    return [{ kind: 'copy', from: source, to: target }];
  };
}

// ---- others ----

const askKernel: Reader = (call) => {
  const request = wordOf(call.args[0]);
  return [{ kind: 'memory', how: call.name === 'ptrace' ? `ptrace ${clip(request, 40)}` : call.name }];
};

/** A process that strace would not follow. The filter denies it; that it was tried says enough. */
const fork: Reader = (call) =>
  call.args.some((value) => /\bCLONE_UNTRACED\b/.test(flagsOf(value))) ? [{ kind: 'escape' }] : [];

/** To become root. Others, such as `make`, make sure of who they are. */
const become: Reader = (call) =>
  call.args.some((value) => wordOf(value) === '0') ? [{ kind: 'identity', how: call.name }] : [];

const sleep: Reader = (call) => {
  const request = call.name === 'nanosleep' ? call.args[0] : call.args[2];
  // Until a time, not for one: what is asked for is not told by the call alone.
  const isUntil = wordOf(call.args[1]).includes('TIMER_ABSTIME');
  const seconds = Number(wordOf(fieldOf(request, 'tv_sec')));
  if (isUntil || !Number.isFinite(seconds) || seconds < 1) return [];
  return [{ kind: 'sleep', seconds }];
};

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['open', open(false)],
  ['openat', open(true)],
  ['openat2', open(true)],
  ['creat', onPath('write', false)],
  ['truncate', onPath('write', false)],
  ['mkdir', onPath('make', false)],
  ['mkdirat', onPath('make', true)],
  ['mknod', onPath('make', false)],
  ['mknodat', onPath('make', true)],
  ['unlink', onPath('delete', false)],
  ['unlinkat', onPath('delete', true)],
  ['rmdir', onPath('delete', false)],
  ['rename', moved('rename', false)],
  ['renameat', moved('rename', true)],
  ['renameat2', moved('rename', true)],
  ['link', moved('link', false)],
  ['linkat', moved('link', true)],
  ['symlink', symlinked(false)],
  ['symlinkat', symlinked(true)],
  ['chmod', changedMode(false)],
  ['fchmod', changedMode(false)],
  ['fchmodat', changedMode(true)],
  ['fchmodat2', changedMode(true)],
  ['chdir', moveTo],
  ['fchdir', moveTo],
  ['execve', execute(false)],
  ['execveat', execute(true)],
  ['connect', connect],
  ['sendto', put],
  ['sendmsg', put],
  ['sendmmsg', put],
  ['write', put],
  ['writev', put],
  ['pwrite64', put],
  ['pwritev', put],
  ['pwritev2', put],
  ['sendfile', copied(1, 0)],
  ['copy_file_range', copied(0, 2)],
  ['splice', copied(0, 2)],
  ['ptrace', askKernel],
  ['process_vm_readv', askKernel],
  ['process_vm_writev', askKernel],
  ['pidfd_getfd', askKernel],
  ['clone', fork],
  ['setuid', become],
  ['setgid', become],
  ['setreuid', become],
  ['setregid', become],
  ['setresuid', become],
  ['setresgid', become],
  ['setfsuid', become],
  ['setfsgid', become],
  ['nanosleep', sleep],
  ['clock_nanosleep', sleep],
]);

/** Of processes themselves; the tracker reads them. */
const processCalls = new Set(['clone3', 'fork', 'vfork', 'exit', 'exit_group']);

/** Of `clone` a word, of `clone3` a field. */
export function flagsOf(value: Value): string {
  return value.kind === 'fields' ? wordOf(value.fields.get('flags')) : wordOf(value);
}

export function isRead(name: string): boolean {
  return processCalls.has(name) || readers.has(name);
}
