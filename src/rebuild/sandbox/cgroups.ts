/**
 * Limits by control groups, of version 1 or 2, where this process may make them (Linux: cgroups(7)). A group is made
 * below the one this process is in, so that limits set from outside hold too.
 */
import { lstat, mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface GroupLimits {
  readonly memoryBytes: number;
  readonly processes: number;
}

export interface Group {
  readonly add: (pid: number) => Promise<void>;
  readonly peakBytes: () => Promise<number | undefined>;
  /** Processes that the kernel killed for memory. */
  readonly memoryKills: () => Promise<number>;
  readonly cpuMs: () => Promise<number | undefined>;
  /** Kills what is in it, and removes it. */
  readonly remove: () => Promise<void>;
}

type Controller = 'memory' | 'pids' | 'cpu';

export interface Cgroups {
  readonly version: 'cgroup-v1' | 'cgroup-v2';
  /** The folder below which groups of this controller can be made. */
  readonly parents: Readonly<Partial<Record<Controller, string>>>;
}

const v1Names = { memory: 'memory', pids: 'pids', cpu: 'cpuacct' } as const;
const v1Files = {
  memory: 'memory.limit_in_bytes',
  pids: 'pids.max',
  cpu: 'cpuacct.usage',
} as const;
const groupPrefix = 'assay-run-';
const controllers = ['memory', 'pids', 'cpu'] as const;

/** Undefined where none can be made. `root`, `proc`: for tests; else /sys/fs/cgroup and /proc/self/cgroup. */
export async function findCgroups(
  root = '/sys/fs/cgroup',
  proc = '/proc/self/cgroup',
): Promise<Cgroups | undefined> {
  const own = new Map<string, string>();
  for (const line of (await textOf(proc)).split('\n').slice(0, 64)) {
    const [, names = '', path = ''] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path !== '' && !path.includes('..')) for (const name of names.split(',')) own.set(name, path);
  }
  return (await version2(root, own.get(''))) ?? version1(root, own);
}

async function version1(root: string, own: ReadonlyMap<string, string>): Promise<Cgroups | undefined> {
  const parents: Partial<Record<Controller, string>> = {};
  for (const controller of controllers) {
    const name = v1Names[controller];
    const path = own.get(name);
    // Inside a container the path is the host's: then the mount itself is the own group.
    const candidates = path === undefined ? [] : [join(root, name, path), join(root, name)];
    for (const parent of candidates) {
      if (!(await canMakeGroup(parent, v1Files[controller]))) continue;
      parents[controller] = parent;
      break;
    }
  }
  return Object.keys(parents).length === 0 ? undefined : { version: 'cgroup-v1', parents };
}

async function version2(root: string, path: string | undefined): Promise<Cgroups | undefined> {
  if (path === undefined || !(await textOf(join(root, 'cgroup.controllers'))).includes('memory'))
    return undefined;
  // A group with processes cannot give controllers on, so a delegated tree has this process in a leaf of it.
  for (const parent of [join(root, path), join(root, path, '..')]) {
    await writeFile(join(parent, 'cgroup.subtree_control'), '+memory +pids +cpu').catch(() => undefined);
    if (!(await canMakeGroup(parent, 'memory.max'))) continue;
    const pids = await canMakeGroup(parent, 'pids.max');
    return { version: 'cgroup-v2', parents: { memory: parent, cpu: parent, ...(pids && { pids: parent }) } };
  }
  return undefined;
}

let probes = 0;

async function canMakeGroup(parent: string, file: string): Promise<boolean> {
  const path = join(parent, `assay-probe-${process.pid}-${(probes += 1)}`);
  try {
    await mkdir(path);
    return (await readdir(path)).includes(file);
  } catch {
    return false;
  } finally {
    await rmdir(path).catch(() => undefined);
  }
}

export async function makeGroup(cgroups: Cgroups, id: string, limits: GroupLimits): Promise<Group> {
  const name = `${groupPrefix}${id}`;
  const paths = [...new Set(Object.values(cgroups.parents))].map((parent) => join(parent, name));
  for (const path of paths) await mkdir(path);
  const at = (controller: Controller): string | undefined => {
    const parent = cgroups.parents[controller];
    return parent === undefined ? undefined : join(parent, name);
  };
  await setLimits(cgroups.version, at('memory'), at('pids'), limits);
  const two = cgroups.version === 'cgroup-v2';
  return {
    add: async (pid) => {
      for (const path of paths) await writeFile(join(path, 'cgroup.procs'), String(pid));
    },
    peakBytes: async () =>
      at('memory') === undefined
        ? undefined
        : numberIn(
            await textOf(join(at('memory') ?? '', two ? 'memory.peak' : 'memory.max_usage_in_bytes')),
            '',
          ),
    memoryKills: async () =>
      at('memory') === undefined
        ? 0
        : (numberIn(
            await textOf(join(at('memory') ?? '', two ? 'memory.events' : 'memory.oom_control')),
            'oom_kill',
          ) ?? 0),
    cpuMs: async () => {
      const path = at('cpu');
      if (path === undefined) return undefined;
      if (two) {
        const microseconds = numberIn(await textOf(join(path, 'cpu.stat')), 'usage_usec');
        return microseconds === undefined ? undefined : microseconds / 1000;
      }
      const nanoseconds = numberIn(await textOf(join(path, 'cpuacct.usage')), '');
      return nanoseconds === undefined ? undefined : nanoseconds / 1_000_000;
    },
    remove: async () => {
      for (const path of paths) await removeGroup(path);
    },
  };
}

async function setLimits(
  version: Cgroups['version'],
  memory: string | undefined,
  pids: string | undefined,
  limits: GroupLimits,
): Promise<void> {
  const bytes = String(limits.memoryBytes);
  if (memory !== undefined && version === 'cgroup-v1') {
    await writeFile(join(memory, 'memory.limit_in_bytes'), bytes);
    // Swap is memory too. Without its accounting the kernel has no such file.
    await writeFile(join(memory, 'memory.memsw.limit_in_bytes'), bytes).catch(() => undefined);
  }
  if (memory !== undefined && version === 'cgroup-v2') {
    await writeFile(join(memory, 'memory.max'), bytes);
    await writeFile(join(memory, 'memory.swap.max'), '0').catch(() => undefined);
  }
  if (pids !== undefined) await writeFile(join(pids, 'pids.max'), String(limits.processes));
}

/** Of runs whose process died: the kernel removes a group only when nothing is in it. */
export async function removeOldGroups(cgroups: Cgroups, olderThanMs: number): Promise<void> {
  for (const parent of new Set(Object.values(cgroups.parents)))
    for (const name of await readdir(parent).catch(() => [])) {
      if (!name.startsWith(groupPrefix)) continue;
      const made = (await lstat(join(parent, name)).catch(() => undefined))?.mtimeMs;
      if (made !== undefined && Date.now() - made > olderThanMs)
        await rmdir(join(parent, name)).catch(() => undefined);
    }
}

async function removeGroup(path: string): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    for (const pid of (await textOf(join(path, 'cgroup.procs'))).split('\n')) {
      try {
        if (/^[1-9]\d*$/.test(pid)) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    try {
      await rmdir(path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The number after `key` at the start of a line; with an empty key the first of the text. */
function numberIn(text: string, key: string): number | undefined {
  const pattern = key === '' ? /^(\d+)/ : new RegExp(`^${key} (\\d+)$`, 'm');
  const value = pattern.exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
