/** The sandbox's own files: the filter, what is mounted into each run, and the programs that run inside for it. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, lstat, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { frozenDateFile } from './clock.ts';
import { frozenDateScript } from './inside/frozen-date.ts';
import { homeOf, insideGid, insideUid, ownFolder } from './profile.ts';
import type { Mount, RunSpec } from './sandbox.ts';

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
  const files: Readonly<Record<string, string>> = {
    passwd: `root:x:0:0:root:/root:/bin/sh\n${user}:x:${insideUid}:${insideGid}::${homeOf(user)}:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
    group: `root:x:0:\nusers:x:${insideGid}:\nnogroup:x:65534:\n`,
    hosts: `127.0.0.1 localhost${hostname === 'localhost' ? '' : ` ${hostname}`}\n::1 localhost\n`,
    hostname: `${hostname}\n`,
    'resolv.conf': '',
  };
  const here = new Set(await readdir(join(spec.root, 'etc')).catch(() => []));
  await mkdir(folder, { mode: 0o755 });
  const mounts: Mount[] = [];
  for (const [name, text] of Object.entries(files)) {
    if (!here.has(name) || !(await lstat(join(spec.root, 'etc', name))).isFile()) continue;
    await writeFile(join(folder, name), text, { mode: 0o644 });
    mounts.push({ from: join(folder, name), to: `/etc/${name}`, writable: false });
  }
  return mounts;
}

export async function frozenDateMount(folder: string, spec: RunSpec): Promise<Mount> {
  const from = join(folder, frozenDateFile);
  await writeFile(from, frozenDateScript(spec.sourceDateEpoch), { mode: 0o644 });
  return { from, to: `${ownFolder}/${frozenDateFile}`, writable: false };
}
