/**
 * A server of ssh for tests: the machine's, else Debian's, unpacked into `.cache/sshd` and never installed, so that no
 * machine begins to serve ssh because tests were run on it.
 */
import { existsSync, globSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { unpackPackages } from './debian-upstream.ts';
import { root } from './repository.ts';

export interface Sshd {
  /** What its options follow. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** As text: why there is none. */
export async function findSshd(): Promise<Sshd | string> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  const installed = folders.map((folder) => join(folder, 'sshd')).find((path) => existsSync(path));
  if (installed !== undefined) return { command: [installed], env: {} };
  if (process.getuid?.() !== 0) return 'no sshd here';
  const folder = join(root, '.cache/sshd');
  if (!existsSync(folder)) {
    const why = await unpacked(folder);
    if (why !== undefined) return `no sshd here: ${why}`;
  }
  return {
    // It wants a user of its own; of the machine's list of users only its own view changes.
    command: [
      ...'unshare --mount --propagation private sh -c'.split(' '),
      'mount --bind "$1" /etc/passwd && shift && exec "$@"',
      'sh',
      join(folder, 'passwd'),
      join(folder, 'unpacked/usr/sbin/sshd'),
    ],
    env: { LD_LIBRARY_PATH: globSync(join(folder, 'unpacked/usr/lib/*-linux-gnu'))[0] ?? '' },
  };
}

/** Whole or not at all. */
async function unpacked(folder: string): Promise<string | undefined> {
  await mkdir(join(root, '.cache'), { recursive: true });
  const making = await mkdtemp(`${folder}-making-`);
  try {
    await chmod(making, 0o755);
    const why = await unpackPackages(making, ['openssh-server', 'libwrap0']);
    if (why !== undefined) return why;
    const users = await readFile('/etc/passwd', 'utf8');
    const own = 'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin';
    await writeFile(join(making, 'passwd'), `${users.trimEnd()}\n${own}\n`);
    await rename(making, folder);
    return undefined;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}
