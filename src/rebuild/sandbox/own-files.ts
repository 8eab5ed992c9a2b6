/** The sandbox's own files: the filter, what is mounted into each run, and the programs that run inside for it. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, lstat, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { frozenDateFile } from './clock.ts';
import { frozenDateScript } from './inside/frozen-date.ts';
import { homeOf, insideGid, insideUid, ownFolder } from './profile.ts';
import type { Mount, RunSpec } from '../../core/sandbox.ts';

/**
 * Puts `bytes` or a copy of a file at `path`, whole or not at all. What is copied may lie where the uid of the runs
 * cannot go, and names its content or its place of origin, so it is not written twice.
 */
async function place(path: string, content: Uint8Array | { readonly from: string }): Promise<string> {
  if (await exists(path)) return path;
  const folder = await mkdtemp(`${path}.`);
  const made = join(folder, 'file');
  if (content instanceof Uint8Array) await writeFile(made, content);
  else await copyFile(content.from, made, constants.COPYFILE_FICLONE);
  await rename(made, path);
  await rm(folder, { recursive: true });
  return path;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Named by its content. */
export async function placeFilter(folder: string, filter: Uint8Array): Promise<string> {
  const digest = createHash('sha256').update(filter).digest('hex');
  return place(join(folder, `filter-${digest.slice(0, 32)}.bpf`), filter);
}

/** The program that runs inside where there is a proxy. */
export async function placeRelay(folder: string): Promise<string> {
  const from = fileURLToPath(new URL('inside/relay.mts', import.meta.url));
  return place(join(folder, `${await stampOf(from)}-relay.mts`), { from });
}

/** A copy of the Node that runs this. */
export async function placeNode(folder: string): Promise<string> {
  const from = process.execPath;
  return place(join(folder, `${await stampOf(from)}-node`), { from });
}

async function stampOf(path: string): Promise<string> {
  const { size, mtimeMs, ino } = await lstat(path);
  return createHash('sha256').update(`${path}\n${size}\n${mtimeMs}\n${ino}`).digest('hex').slice(0, 16);
}

/** Who and where the run is, as files of `/etc`: mounted over those that the base has. */
export async function identityMounts(folder: string, spec: RunSpec): Promise<readonly Mount[]> {
  const { hostname = 'localhost', user = 'build' } = spec.identity ?? {};
  const etc = join(spec.root, 'etc');
  const own = `${user}:x:${insideUid}:${insideGid}::${homeOf(user)}:/bin/sh`;
  const files: Readonly<Record<string, string>> = {
    passwd: `${await linesWithout(join(etc, 'passwd'), user, insideUid)}${own}\n`,
    group: `${await linesWithout(join(etc, 'group'), 'users', insideGid)}users:x:${insideGid}:\n`,
    hosts: `127.0.0.1 localhost${hostname === 'localhost' ? '' : ` ${hostname}`}\n::1 localhost\n`,
    hostname: `${hostname}\n`,
    // A machine without any is one by which a sandbox is told; nobody answers there either.
    'resolv.conf': spec.identity === undefined ? '' : 'nameserver 127.0.0.53\n',
  };
  await mkdir(folder, { mode: 0o755 });
  const mounts: Mount[] = [];
  for (const [name, text] of Object.entries(files)) {
    if (!(await isFile(join(etc, name)))) continue;
    await writeFile(join(folder, name), text, { mode: 0o644 });
    mounts.push({ from: join(folder, name), to: `/etc/${name}`, writable: false });
  }
  return mounts;
}

async function isFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() === true;
}

/** The base's own users or groups, which packages are built to be owned by; not one of this name or number. */
async function linesWithout(path: string, name: string, id: number): Promise<string> {
  if (!(await isFile(path))) return '';
  return (await readFile(path, 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && line.split(':')[0] !== name && line.split(':')[2] !== String(id))
    .map((line) => `${line}\n`)
    .join('');
}

export async function frozenDateMount(folder: string, spec: RunSpec): Promise<Mount> {
  const from = join(folder, frozenDateFile);
  await writeFile(from, frozenDateScript(spec.sourceDateEpoch), { mode: 0o644 });
  return { from, to: `${ownFolder}/${frozenDateFile}`, writable: false };
}
