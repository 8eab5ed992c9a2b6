/** Programs that stand before bubblewrap: strace, which sees everything from outside, and the one that mounts layers. */
import { lchown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import type { User } from './workspace.ts';

/**
 * strace without `--seccomp-bpf`: with it, calls that the sandbox's own filter denies would not be seen. The log is
 * mounted nowhere inside. What bubblewrap does itself comes first, until the `execve` of the command.
 */
export async function traceCommand(toPath: string, user: User | undefined): Promise<readonly string[]> {
  await writeFile(toPath, '', { mode: 0o600, flag: 'wx' });
  if (user !== undefined) await lchown(toPath, user.uid, user.gid);
  return [
    ...'strace -f -qq -y -ttt -s 1024 --decode-pids=pidns --signal=none -e abbrev=!execve,execveat -e'.split(
      ' ',
    ),
    `trace=${tracedCalls.replaceAll(' ', ',')}`,
    '-o',
    toPath,
  ];
}

/** What touches files, processes, sockets and the memory of others. */
const tracedCalls =
  '%file %process %network fchmod fchown ftruncate getdents64 memfd_create ptrace process_vm_readv ' +
  'process_vm_writev pidfd_open pidfd_getfd dup2 dup3 setns unshare keyctl bpf io_uring_setup prctl seccomp ' +
  'nanosleep clock_nanosleep write writev pwrite64 pwritev pwritev2 copy_file_range splice setuid setgid setreuid ' +
  'setregid setresuid setresgid setfsuid setfsgid capset';

/**
 * Layers over a base root: in a user and mount namespace of their own (`unshare -Urm`), because only there may an
 * unprivileged uid mount; bubblewrap makes its own within. The run's uid owns base and layers alike.
 */
export async function overlayCommand(
  root: string,
  folder: string,
  user: User | undefined,
): Promise<readonly string[]> {
  const paths = ['upper', 'work', 'merged'].map((name) => join(folder, name));
  for (const path of [root, ...paths])
    if (!/^[A-Za-z0-9/._-]+$/.test(path))
      throw new AssayError(
        'SANDBOX_FAILED',
        `${JSON.stringify(path)} cannot be a layer: mount options have no such characters`,
      );
  for (const path of paths) {
    await mkdir(path, { mode: 0o755 });
    if (user !== undefined) await lchown(path, user.uid, user.gid);
  }
  const [upper = '', work = '', merged = ''] = paths;
  const options = `lowerdir=${root},upperdir=${upper},workdir=${work},userxattr`;
  return [
    ...'unshare --user --map-root-user --mount /bin/sh -c'.split(' '),
    'mount -t overlay overlay -o "$1" "$2" && shift 2 && exec "$@"',
    'sh',
    options,
    merged,
  ];
}
