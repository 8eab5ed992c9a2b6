/** Numbers of the system calls that the filter knows: Linux' `asm/unistd_64.h` and `asm-generic/unistd.h`. */

/** One number on every machine (Linux gives all calls since 424 the same). */
const everywhere = {
  pidfd_send_signal: 424,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  clone3: 435,
  openat2: 437,
  pidfd_getfd: 438,
  process_madvise: 440,
  mount_setattr: 442,
  quotactl_fd: 443,
  memfd_secret: 447,
  process_mrelease: 448,
  fchmodat2: 452,
  statmount: 457,
  listmount: 458,
} as const;

/** The last call that was looked at when the rules were written (mseal, Linux 6.10): later ones do not exist inside. */
export const lastKnownCall = 462;

const x64 = {
  ...everywhere,
  open: 2,
  ioctl: 16,
  socket: 41,
  clone: 56,
  creat: 85,
  chmod: 90,
  fchmod: 91,
  ptrace: 101,
  syslog: 103,
  mknod: 133,
  uselib: 134,
  personality: 135,
  ustat: 136,
  sysfs: 139,
  vhangup: 153,
  modify_ldt: 154,
  pivot_root: 155,
  _sysctl: 156,
  chroot: 161,
  acct: 163,
  settimeofday: 164,
  mount: 165,
  umount2: 166,
  swapon: 167,
  swapoff: 168,
  reboot: 169,
  iopl: 172,
  ioperm: 173,
  init_module: 175,
  delete_module: 176,
  quotactl: 179,
  nfsservctl: 180,
  setxattr: 188,
  lsetxattr: 189,
  fsetxattr: 190,
  lookup_dcookie: 212,
  clock_settime: 227,
  kexec_load: 246,
  add_key: 248,
  request_key: 249,
  keyctl: 250,
  migrate_pages: 256,
  openat: 257,
  mknodat: 259,
  fchmodat: 268,
  unshare: 272,
  move_pages: 279,
  perf_event_open: 298,
  fanotify_init: 300,
  open_by_handle_at: 304,
  setns: 308,
  process_vm_readv: 310,
  process_vm_writev: 311,
  kcmp: 312,
  finit_module: 313,
  kexec_file_load: 320,
  bpf: 321,
  userfaultfd: 323,
} as const;

export type SyscallName = keyof typeof x64;

const arm64: Readonly<Partial<Record<SyscallName, number>>> = {
  ...everywhere,
  setxattr: 5,
  lsetxattr: 6,
  fsetxattr: 7,
  lookup_dcookie: 18,
  ioctl: 29,
  mknodat: 33,
  umount2: 39,
  mount: 40,
  pivot_root: 41,
  nfsservctl: 42,
  chroot: 51,
  fchmod: 52,
  fchmodat: 53,
  openat: 56,
  vhangup: 58,
  quotactl: 60,
  acct: 89,
  personality: 92,
  unshare: 97,
  kexec_load: 104,
  init_module: 105,
  delete_module: 106,
  clock_settime: 112,
  syslog: 116,
  ptrace: 117,
  reboot: 142,
  settimeofday: 170,
  socket: 198,
  add_key: 217,
  request_key: 218,
  keyctl: 219,
  clone: 220,
  swapon: 224,
  swapoff: 225,
  migrate_pages: 238,
  move_pages: 239,
  perf_event_open: 241,
  fanotify_init: 262,
  open_by_handle_at: 265,
  setns: 268,
  process_vm_readv: 270,
  process_vm_writev: 271,
  kcmp: 272,
  finit_module: 273,
  bpf: 280,
  userfaultfd: 282,
  kexec_file_load: 294,
};

export interface Machine {
  /** AUDIT_ARCH_…: a call by any other convention (32 bits, for example) is not made. */
  readonly architecture: number;
  readonly numbers: Readonly<Partial<Record<SyscallName, number>>>;
  /** Calls numbered from here on are of a second convention of the same architecture (x32), and kill. */
  readonly otherConvention: number | undefined;
}

const machines: Readonly<Record<string, Machine>> = {
  x64: { architecture: 0xc000003e, numbers: x64, otherConvention: 0x40000000 },
  arm64: { architecture: 0xc00000b7, numbers: arm64, otherConvention: undefined },
};

/** `name` as `process.arch` has it; undefined: no filter for it. */
export function machineNamed(name: string): Machine | undefined {
  return Object.hasOwn(machines, name) ? machines[name] : undefined;
}
