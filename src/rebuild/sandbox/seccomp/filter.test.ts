/** The filter as the kernel would run it: an interpreter of classic BPF over `struct seccomp_data`. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { allow, assemble, failWith, jump, jumpEqual, killProcess, ret } from './bpf.ts';
import { filterFor } from './filter.ts';
import { lastKnownCall, machineNamed, type Machine, type SyscallName } from './syscalls.ts';

interface Call {
  readonly number: number;
  readonly architecture: number;
  readonly args: readonly number[];
}

/** What the kernel does with a call; throws where the kernel would not take the program. */
function run(program: Uint8Array, call: Call): number {
  const view = new DataView(program.buffer);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.architecture, true);
  for (const [index, value] of call.args.entries()) data.setUint32(16 + 8 * index, value >>> 0, true);
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const operand = view.getUint32(at + 4, true);
    const jumpTo = (taken: boolean): void => void (at += 8 * view.getUint8(at + (taken ? 2 : 3)));
    switch (view.getUint16(at, true)) {
      case 0x20:
        accumulator = data.getUint32(operand, true);
        break;
      case 0x15:
        jumpTo(accumulator === operand);
        break;
      case 0x25:
        jumpTo(accumulator > operand);
        break;
      case 0x35:
        jumpTo(accumulator >= operand);
        break;
      case 0x45:
        jumpTo((accumulator & operand) !== 0);
        break;
      case 0x06:
        return operand;
      default:
        throw new Error(`no such instruction at ${at}`);
    }
  }
  throw new Error('the program does not end with a return');
}

const EPERM = failWith(1);
const ENOSYS = failWith(38);
const machines = ['x64', 'arm64'].map((name) => {
  const machine = machineNamed(name);
  assert.ok(machine);
  return { name, machine, program: filterFor(machine) };
});

for (const { name, machine, program } of machines) {
  const result = (call: SyscallName, ...args: readonly number[]): number | undefined => {
    const number = machine.numbers[call];
    return number === undefined
      ? undefined
      : run(program, { number, architecture: machine.architecture, args });
  };
  /** Also where the machine has no such call: then there is nothing to deny. */
  const denies = (wanted: number, call: SyscallName, ...args: readonly number[]): void =>
    assert.ok([wanted, undefined].includes(result(call, ...args)), `${call} ${args.join(' ')}`);

  describe(`the filter of system calls on ${name}`, () => {
    it('ends for every call and every argument, with one of the answers that are meant', () => {
      const word = fc.nat(0xffffffff);
      const answers = new Set([allow, killProcess, EPERM, ENOSYS, failWith(95), failWith(97)]);
      fc.assert(
        fc.property(
          fc.oneof(fc.nat(600), word),
          fc.array(word, { minLength: 6, maxLength: 6 }),
          (number, args) => {
            assert.ok(answers.has(run(program, { number, architecture: machine.architecture, args })));
          },
        ),
      );
    });

    it('kills calls of another architecture, whatever their number', () => {
      fc.assert(
        fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), (architecture, number) => {
          fc.pre(architecture !== machine.architecture);
          assert.equal(run(program, { number, architecture, args: [] }), killProcess);
        }),
      );
    });

    it('knows no call that was not looked at when it was written', () => {
      for (let number = lastKnownCall + 1; number < lastKnownCall + 200; number += 1)
        assert.equal(run(program, { number, architecture: machine.architecture, args: [] }), ENOSYS);
    });

    it('leaves what every build does', () => {
      const usual: readonly (readonly [SyscallName, ...number[]])[] = [
        ['clone', 0x11],
        ['clone', 0x3d0f00],
        ['unshare', 0x400],
        ['chmod', 0, 0o755],
        ['fchmod', 3, 0o1777],
        ['fchmodat', 3, 0, 0o644],
        // Without O_CREAT the mode is whatever the register held.
        ['openat', 3, 0, 0, 0o4755],
        ['openat', 3, 0, 0o1101, 0o644],
        ['socket', 1, 1, 0],
        ['socket', 2, 1, 0],
        ['socket', 10, 2, 0],
        ['socket', 16, 3, 0],
        ['personality', 0xffffffff],
        ['ioctl', 1, 0x5401],
      ];
      for (const [call, ...args] of usual) denies(allow, call, ...args);
    });

    it('denies setuid and setgid bits wherever a mode is given', () => {
      const modes = fc.tuple(fc.nat(0o1777), fc.constantFrom(0o2000, 0o4000, 0o6000));
      fc.assert(
        fc.property(modes, ([plain, bits]) => {
          const mode = plain | bits;
          denies(EPERM, 'chmod', 0, mode);
          denies(EPERM, 'fchmod', 0, mode);
          denies(EPERM, 'fchmodat', 0, 0, mode);
          denies(EPERM, 'fchmodat2', 0, 0, mode);
          denies(EPERM, 'mknod', 0, mode);
          denies(EPERM, 'mknodat', 0, 0, mode);
          denies(EPERM, 'creat', 0, mode);
          denies(EPERM, 'open', 0, 0o101, mode);
          denies(EPERM, 'openat', 0, 0, 0o101, mode);
          denies(EPERM, 'openat', 0, 0, 0o20200002, mode);
        }),
      );
    });

    it('denies processes that nobody who traces their parent sees', () => {
      denies(EPERM, 'clone', 0x800000 | 17);
    });

    it('denies new namespaces, in all that make them', () => {
      for (const bit of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
        denies(EPERM, 'clone', bit | 17);
        denies(EPERM, 'unshare', bit);
      }
      denies(EPERM, 'unshare', 0x80);
      denies(ENOSYS, 'clone3', 0, 0);
      denies(EPERM, 'setns', 0, 0);
    });

    it('denies other families of sockets, and other protocols of netlink', () => {
      for (let family = 0; family < 50; family += 1)
        if (![1, 2, 10, 16].includes(family)) denies(failWith(97), 'socket', family, 1, 0);
      denies(failWith(97), 'socket', 16, 3, 9);
    });

    it('denies typing into a terminal, keys, tracing, mounts and other rarely used doors', () => {
      denies(EPERM, 'ioctl', 0, 0x5412);
      denies(EPERM, 'ioctl', 0, 0x541c);
      const doors: readonly SyscallName[] = [
        'keyctl',
        'add_key',
        'request_key',
        'bpf',
        'userfaultfd',
        'perf_event_open',
        'ptrace',
        'process_vm_writev',
        'pidfd_getfd',
        'mount',
        'umount2',
        'pivot_root',
        'move_mount',
        'fsopen',
        'open_by_handle_at',
        'kexec_load',
        'init_module',
        'finit_module',
        'modify_ldt',
        'iopl',
      ];
      for (const call of doors) denies(EPERM, call);
      for (const call of ['io_uring_setup', 'openat2', 'memfd_secret'] as const) denies(ENOSYS, call);
    });
  });
}

it('kills calls of x32, which are numbered in the same architecture', () => {
  const x64 = machineNamed('x64') as Machine;
  for (const number of [0, 39, 59, 520, 0x3fffffff])
    assert.equal(
      run(filterFor(x64), { number: 0x40000000 + number, architecture: x64.architecture, args: [] }),
      killProcess,
    );
});

it('has no filter for a machine that it does not know', () => {
  for (const name of ['ia32', 'riscv64', 'toString', '__proto__'])
    assert.equal(machineNamed(name), undefined);
});

it('refuses to assemble what the kernel would not take', () => {
  assert.throws(() => assemble([]), RangeError);
  assert.throws(() => assemble(Array.from({ length: 4097 }, () => ret(allow))), RangeError);
  assert.throws(() => jump(jumpEqual, 1, 256, 0), RangeError);
});
