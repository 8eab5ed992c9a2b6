/**
 * What bubblewrap is told: the whole of what is inside. Pure. bubblewrap's own words: "the level of protection is
 * entirely determined by the arguments" (its README), so they are made in this file alone.
 */
import { posix } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import type { Mount, RunSpec } from '../../core/sandbox.ts';

/** An entry of the top folder of a base root. */
export interface RootEntry {
  readonly name: string;
  /** Target, when it is a symbolic link. */
  readonly link: string | undefined;
}

export interface Profile {
  readonly root: string;
  readonly rootEntries: readonly RootEntry[];
  /** Set: the merged layers that replace a read-only root, mounted by a step before bubblewrap. */
  readonly mergedRoot: string | undefined;
  readonly mounts: readonly Mount[];
  readonly tmpfs: readonly { readonly to: string; readonly sizeBytes: number }[];
  readonly tmpBytes: number;
  readonly hostname: string;
  readonly user: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** Open file descriptors of the launcher. */
  readonly seccompFd: number | undefined;
  readonly statusFd: number;
  readonly disableUserns: boolean;
  /** Files of `/proc` that tell of the host or the user's keys and that this kernel has. */
  readonly masked: readonly string[];
}

/** Whoever runs inside is this one, whatever it is outside. */
export const insideUid = 1000;
export const insideGid = 100;
const namespaces = [
  '--unshare-user',
  '--unshare-pid',
  '--unshare-net',
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
];
/** Where the sandbox keeps its own files inside. */
export const ownFolder = '/run/assay';

export const maskedFiles = ['keys', 'key-users', 'kallsyms', 'timer_list', 'sched_debug', 'sysrq-trigger'];

/** Made anew inside, never taken from the base. */
const replaced = new Set(['proc', 'sys', 'dev', 'tmp', 'run', 'home']);
const reserved = ['/proc', '/sys', '/dev', ownFolder];

export function bubblewrapArguments(profile: Profile): readonly string[] {
  return [
    ...namespaces,
    ...(profile.disableUserns ? ['--disable-userns', '--assert-userns-disabled'] : []),
    ...words(`--uid ${insideUid} --gid ${insideGid} --hostname ${profile.hostname}`),
    ...words('--cap-drop ALL --new-session --die-with-parent --clearenv'),
    ...(profile.seccompFd === undefined ? [] : ['--seccomp', String(profile.seccompFd)]),
    ...words(`--json-status-fd ${profile.statusFd}`),
    ...rootArguments(profile),
    ...words('--proc /proc --dev /dev'),
    ...profile.masked.flatMap((name) => ['--ro-bind', '/dev/null', `/proc/${name}`]),
    ...tmpfs('/dev/shm', profile.tmpBytes, '1777'),
    ...words('--remount-ro /dev'),
    ...tmpfs('/tmp', profile.tmpBytes, '1777'),
    ...tmpfs('/run', 1 << 20, '0755'),
    ...tmpfs('/home', profile.tmpBytes, '0755'),
    ...words(`--perms 0700 --dir ${homeOf(profile.user)}`),
    ...profile.tmpfs.flatMap(({ to, sizeBytes }) => tmpfs(to, sizeBytes, '0755')),
    ...profile.mounts.flatMap(({ from, to, writable }) => [writable ? '--bind' : '--ro-bind', from, to]),
    ...words('--remount-ro /run --remount-ro /proc'),
    ...(profile.mergedRoot === undefined ? words('--remount-ro /') : []),
    ...Object.entries(profile.env).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir',
    profile.cwd,
    '--',
    ...profile.command,
  ];
}

/** Of text without spaces in what is filled in: names and numbers that were checked. */
function words(text: string): readonly string[] {
  return text.split(' ');
}

export function homeOf(user: string): string {
  return `/home/${user}`;
}

function tmpfs(to: string, sizeBytes: number, mode: string): readonly string[] {
  return ['--perms', mode, '--size', String(sizeBytes), '--tmpfs', to];
}

function rootArguments(profile: Profile): readonly string[] {
  if (profile.mergedRoot !== undefined) return ['--bind', profile.mergedRoot, '/'];
  // Each top folder by itself, on a tmpfs: so mount points can be made without a write into the base.
  return profile.rootEntries
    .filter(({ name }) => !replaced.has(name))
    .flatMap(({ name, link }) =>
      link === undefined
        ? ['--ro-bind', posix.join(profile.root, name), `/${name}`]
        : ['--symlink', link, `/${name}`],
    );
}

/**
 * Refuses a specification that would not do what it says.
 * @throws SANDBOX_FAILED
 */
export function checkSpec(spec: RunSpec): void {
  if (spec.command.length === 0) fail('no command');
  for (const text of [...spec.command, spec.cwd, ...Object.entries(spec.env).flat()])
    if (text.includes('\0')) fail('a NUL in the command or the environment');
  for (const name of Object.keys(spec.env))
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,255}$/.test(name))
      fail(`${JSON.stringify(name)} as the name of a variable`);
  checkIdentity(spec);
  checkLimits(spec);
  const places = [...spec.mounts.map(({ to }) => to), ...(spec.tmpfs ?? []).map(({ to }) => to)];
  for (const to of places) checkPlace(to);
  if (new Set(places).size !== places.length) fail('two mounts at one place');
  for (const { from } of spec.mounts) if (!isPlain(from)) fail(`mount of ${JSON.stringify(from)}`);
  if (!isPlain(spec.root)) fail(`root ${JSON.stringify(spec.root)}`);
}

function checkPlace(to: string): void {
  if (!isPlain(to) || to === '/') fail(`mount at ${JSON.stringify(to)}`);
  if (reserved.some((place) => to === place || to.startsWith(`${place}/`)))
    fail(`mount at ${to}, which is the sandbox's own`);
}

function checkIdentity(spec: RunSpec): void {
  const { hostname = 'localhost', user = 'build' } = spec.identity ?? {};
  if (!/^[a-z0-9][a-z0-9.-]{0,62}$/i.test(hostname)) fail(`hostname ${JSON.stringify(hostname)}`);
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) fail(`user ${JSON.stringify(user)}`);
}

function checkLimits(spec: RunSpec): void {
  const sizes = (spec.tmpfs ?? []).map(({ sizeBytes }) => sizeBytes);
  for (const limit of [...Object.values(spec.limits), ...sizes])
    if (!Number.isSafeInteger(limit) || limit <= 0) fail(`limit ${limit}`);
  if (!Number.isSafeInteger(spec.sourceDateEpoch) || spec.sourceDateEpoch < 0)
    fail(`SOURCE_DATE_EPOCH ${spec.sourceDateEpoch}`);
}

function isPlain(path: string): boolean {
  return (
    path.startsWith('/') &&
    posix.normalize(path) === path &&
    (path === '/' || !path.endsWith('/')) &&
    !path.includes('\0')
  );
}

function fail(what: string): never {
  throw new AssayError('SANDBOX_FAILED', `the sandbox cannot be set up as asked: ${what}`);
}
