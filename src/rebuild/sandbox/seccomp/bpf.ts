/**
 * Programs of classic BPF, as seccomp takes them (Linux: `struct sock_filter`, `struct seccomp_data`; seccomp(2)).
 * Instructions are 8 bytes: code, jump if true, jump if false, operand; little-endian on both machines known here.
 */

export interface Instruction {
  readonly code: number;
  /** Instructions to skip. */
  readonly whenTrue: number;
  readonly whenFalse: number;
  readonly operand: number;
}

/** BPF_LD | BPF_W | BPF_ABS */
export const loadWord = 0x20;
/** BPF_JMP | BPF_JEQ | BPF_K, and its siblings. */
export const jumpEqual = 0x15;
export const jumpGreater = 0x25;
export const jumpGreaterOrEqual = 0x35;
export const jumpBits = 0x45;
/** BPF_RET | BPF_K */
export const returns = 0x06;

/** Offsets in `struct seccomp_data`: int nr; u32 arch; u64 instruction_pointer; u64 args[6]. */
export const offsetOfNumber = 0;
export const offsetOfArchitecture = 4;

/** Low 32 bits of an argument: every argument looked at here is an int, a mode or flags that the kernel reads from there. */
export function offsetOfArgument(index: number): number {
  return 16 + 8 * index;
}

export const allow = 0x7fff0000;
export const killProcess = 0x80000000;

/** SECCOMP_RET_ERRNO */
export function failWith(errno: number): number {
  return 0x00050000 | errno;
}

export function load(offset: number): Instruction {
  return { code: loadWord, whenTrue: 0, whenFalse: 0, operand: offset };
}

export function jump(code: number, operand: number, whenTrue: number, whenFalse: number): Instruction {
  for (const skip of [whenTrue, whenFalse])
    if (skip < 0 || skip > 255) throw new RangeError('a jump of classic BPF skips at most 255 instructions');
  return { code, whenTrue, whenFalse, operand };
}

export function ret(action: number): Instruction {
  return { code: returns, whenTrue: 0, whenFalse: 0, operand: action };
}

/** BPF_MAXINSNS */
const mostInstructions = 4096;

export function assemble(program: readonly Instruction[]): Uint8Array {
  if (program.length === 0 || program.length > mostInstructions)
    throw new RangeError('a program of classic BPF has 1 to 4096 instructions');
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, instruction] of program.entries()) {
    view.setUint16(index * 8, instruction.code, true);
    view.setUint8(index * 8 + 2, instruction.whenTrue);
    view.setUint8(index * 8 + 3, instruction.whenFalse);
    view.setUint32(index * 8 + 4, instruction.operand >>> 0, true);
  }
  return bytes;
}
