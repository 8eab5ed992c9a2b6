/**
 * The filter of system calls for what runs inside. Everything is allowed but what reaches the kernel's rarely used
 * parts, makes namespaces, leaves setuid bits, or speaks to what namespaces do not divide (keys, the hypervisor).
 * Namespaces and dropped capabilities deny most of it already; this is the second wall.
 */
import {
  allow,
  assemble,
  failWith,
  jump,
  jumpBits,
  jumpEqual,
  jumpGreater,
  jumpGreaterOrEqual,
  killProcess,
  load,
  offsetOfArchitecture,
  offsetOfArgument,
  offsetOfNumber,
  ret,
  type Instruction,
} from './bpf.ts';
import { lastKnownCall, type Machine, type SyscallName } from './syscalls.ts';

const EPERM = 1;
const ENOSYS = 38;
const EOPNOTSUPP = 95;
const EAFNOSUPPORT = 97;

type Rule =
  | { readonly kind: 'deny'; readonly calls: readonly SyscallName[]; readonly errno: number }
  /** Denied when all of these arguments have one of these bits. */
  | {
      readonly kind: 'deny-bits';
      readonly call: SyscallName;
      readonly bits: readonly { readonly argument: number; readonly mask: number }[];
      readonly errno: number;
    }
  | {
      readonly kind: 'deny-values';
      readonly call: SyscallName;
      readonly argument: number;
      readonly values: readonly number[];
      readonly errno: number;
    }
  | {
      readonly kind: 'allow-values';
      readonly call: SyscallName;
      readonly argument: number;
      readonly values: readonly number[];
      readonly errno: number;
    }
  | { readonly kind: 'sockets'; readonly call: 'socket' };

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const newNamespaces = 0x7e020000;
/** CLONE_NEWTIME: in clone(2) the bit belongs to the exit signal. */
const newTimeNamespace = 0x80;
/** S_ISUID, S_ISGID. */
/** CLONE_UNTRACED: a process that whoever watches its parent does not see. Only the kernel's own threads need it. */
const untraced = 0x800000;
const setIdBits = 0o6000;
/** O_CREAT, and the bit of O_TMPFILE that no other flag has: only with them is the mode read. */
const creatingFlags = 0o100 | 0o20000000;
/** TIOCSTI types into the terminal, TIOCLINUX pastes there: CVE-2017-5226. */
const terminalInjection = [0x5412, 0x541c];

function denySetId(call: SyscallName, mode: number, flags?: number): Rule {
  const bits = [{ argument: mode, mask: setIdBits }];
  if (flags !== undefined) bits.push({ argument: flags, mask: creatingFlags });
  return { kind: 'deny-bits', call, bits, errno: EPERM };
}

const rules: readonly Rule[] = [
  {
    // Programs fall back where these do not exist: clone3 and openat2 hide their flags behind a pointer, which no
    // filter can follow.
    kind: 'deny',
    errno: ENOSYS,
    calls: [
      'clone3',
      'openat2',
      'io_uring_setup',
      'io_uring_enter',
      'io_uring_register',
      'memfd_secret',
      'statmount',
      'listmount',
    ],
  },
  {
    kind: 'deny',
    errno: EPERM,
    calls: [
      'keyctl',
      'add_key',
      'request_key',
      'bpf',
      'userfaultfd',
      'perf_event_open',
      'mount',
      'umount2',
      'pivot_root',
      'chroot',
      'open_tree',
      'move_mount',
      'fsopen',
      'fsconfig',
      'fsmount',
      'fspick',
      'mount_setattr',
      'setns',
      'open_by_handle_at',
      'ptrace',
      'process_vm_readv',
      'process_vm_writev',
      'kcmp',
      'pidfd_getfd',
      'process_madvise',
      'process_mrelease',
      'migrate_pages',
      'move_pages',
      'kexec_load',
      'kexec_file_load',
      'init_module',
      'finit_module',
      'delete_module',
      'swapon',
      'swapoff',
      'reboot',
      'acct',
      'quotactl',
      'quotactl_fd',
      'nfsservctl',
      'settimeofday',
      'clock_settime',
      'syslog',
      'vhangup',
      'lookup_dcookie',
      'fanotify_init',
      'iopl',
      'ioperm',
      'modify_ldt',
      'uselib',
      'ustat',
      'sysfs',
      '_sysctl',
    ],
  },
  // A build's output must not depend on what the host's file system keeps in attributes.
  { kind: 'deny', errno: EOPNOTSUPP, calls: ['setxattr', 'lsetxattr', 'fsetxattr'] },
  { kind: 'deny-bits', call: 'clone', bits: [{ argument: 0, mask: newNamespaces | untraced }], errno: EPERM },
  {
    kind: 'deny-bits',
    call: 'unshare',
    bits: [{ argument: 0, mask: newNamespaces | newTimeNamespace }],
    errno: EPERM,
  },
  denySetId('chmod', 1),
  denySetId('fchmod', 1),
  denySetId('fchmodat', 2),
  denySetId('fchmodat2', 2),
  denySetId('mknod', 1),
  denySetId('mknodat', 2),
  denySetId('creat', 1),
  denySetId('open', 2, 1),
  denySetId('openat', 3, 2),
  // PER_LINUX, and the question for the present one.
  { kind: 'allow-values', call: 'personality', argument: 0, values: [0, 0xffffffff], errno: EPERM },
  { kind: 'deny-values', call: 'ioctl', argument: 1, values: terminalInjection, errno: EPERM },
  { kind: 'sockets', call: 'socket' },
];

/** The bytes for `bwrap --seccomp`. */
export function filterFor(machine: Machine): Uint8Array {
  const start: Instruction[] = [
    load(offsetOfArchitecture),
    jump(jumpEqual, machine.architecture, 1, 0),
    ret(killProcess),
    load(offsetOfNumber),
  ];
  if (machine.otherConvention !== undefined)
    start.push(jump(jumpGreaterOrEqual, machine.otherConvention, 0, 1), ret(killProcess));
  start.push(jump(jumpGreater, lastKnownCall, 0, 1), ret(failWith(ENOSYS)));
  return assemble([...start, ...rules.flatMap((rule) => compile(rule, machine)), ret(allow)]);
}

function compile(rule: Rule, machine: Machine): readonly Instruction[] {
  switch (rule.kind) {
    case 'deny':
      return rule.calls.flatMap((call) => whenCalled(machine, call, [ret(failWith(rule.errno))]));
    case 'deny-bits':
      return whenCalled(machine, rule.call, [
        ...rule.bits.flatMap(({ argument, mask }, index) => [
          load(offsetOfArgument(argument)),
          // Without the bits: over the rest, to `allow`.
          jump(jumpBits, mask, 0, 2 * (rule.bits.length - index) - 1),
        ]),
        ret(failWith(rule.errno)),
        ret(allow),
      ]);
    case 'deny-values':
      return whenCalled(machine, rule.call, byValue(rule, allow, failWith(rule.errno)));
    case 'allow-values':
      return whenCalled(machine, rule.call, byValue(rule, failWith(rule.errno), allow));
    case 'sockets':
      return whenCalled(machine, rule.call, socketFamilies());
    default:
      return rule satisfies never;
  }
}

function byValue(
  rule: { readonly argument: number; readonly values: readonly number[] },
  otherwise: number,
  matching: number,
): readonly Instruction[] {
  const { values } = rule;
  return [
    load(offsetOfArgument(rule.argument)),
    ...values.map((value, index) => jump(jumpEqual, value, values.length - index, 0)),
    ret(otherwise),
    ret(matching),
  ];
}

/**
 * AF_UNIX, AF_INET, AF_INET6, and of AF_NETLINK the one that names network interfaces. Not AF_VSOCK, which no network
 * namespace divides (it reaches the hypervisor), nor AF_ALG and others, which load drivers of the kernel.
 */
function socketFamilies(): readonly Instruction[] {
  return [
    load(offsetOfArgument(0)),
    jump(jumpEqual, 1, 5, 0),
    jump(jumpEqual, 2, 4, 0),
    jump(jumpEqual, 10, 3, 0),
    jump(jumpEqual, 16, 0, 3),
    load(offsetOfArgument(2)),
    jump(jumpEqual, 0, 0, 1),
    ret(allow),
    ret(failWith(EAFNOSUPPORT)),
  ];
}

/** `body` ends with a return on every path. */
function whenCalled(
  machine: Machine,
  call: SyscallName,
  body: readonly Instruction[],
): readonly Instruction[] {
  const number = machine.numbers[call];
  if (number === undefined) return [];
  return [jump(jumpEqual, number, 0, body.length), ...body];
}
