/** What is true of the repository as a whole: its tracked files, its lockfile, and the machine it lies on. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

export interface TrackedFile {
  readonly path: string;
  readonly text: string;
}

/** Tracked files and those about to be: everything git does not ignore. */
export function trackedFiles(): readonly TrackedFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  const paths = listed
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '');
  return paths.flatMap((path) => {
    const file = statSync(join(root, path), { throwIfNoEntry: false });
    return file?.isFile() === true ? [{ path, text: readFileSync(join(root, path), 'latin1') }] : [];
  });
}

export function filesNaming(files: readonly TrackedFile[], texts: readonly string[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const lower = text.toLowerCase();
    return texts
      .filter((wanted) => lower.includes(wanted.toLowerCase()))
      .map((wanted) => `${path} names ${wanted}`);
  });
}

export function filesOver(files: readonly TrackedFile[], lines: number): readonly string[] {
  const code = files.filter(({ path }) => /\.(?:ts|mjs|js)$/.test(path));
  return code.flatMap(({ path, text }) => {
    const count = text.split('\n').length - 1;
    return count > lines ? [`${path} has ${count} lines, more than ${lines}: one idea per file`] : [];
  });
}

export interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export type Lockfile = { readonly packages: Readonly<Record<string, LockedPackage>> };

/** What a running gate loads, with all that those need: not the development tools, not Node itself. */
export function runtimePackages(lockfile: Lockfile): readonly (readonly [string, LockedPackage])[] {
  return Object.entries(lockfile.packages).filter(
    ([path, { dev, optional }]) => path !== '' && dev !== true && optional !== true,
  );
}

export function lockfileProblems(lockfile: Lockfile): readonly string[] {
  const entries = Object.entries(lockfile.packages).filter(([path]) => path !== '');
  return entries.flatMap(([path, { resolved, integrity, dev, hasInstallScript }]) => [
    ...(resolved === undefined ? [] : [`${path} names where it came from: ${resolved}`]),
    ...(integrity?.startsWith('sha512-') === true ? [] : [`${path} has no SHA-512 integrity`]),
    ...(hasInstallScript === true && dev !== true ? [`${path} has an install script`] : []),
  ]);
}

/**
 * Binaries that a locked package wants by their exact version and the lockfile does not have. npm drops from a lockfile
 * what the registry did not offer when it was written, and then refuses the whole of it at every `npm ci`.
 */
export function missingBinaries(lockfile: Lockfile): readonly string[] {
  return Object.entries(lockfile.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name, wanted]) => {
        const locked = lookUp(lockfile, path, name)?.version;
        return locked === undefined || (/^\d+\.\d+\.\d+$/.test(wanted) && locked !== wanted);
      })
      .map(([name, wanted]) => `${path} wants ${name} ${wanted}`),
  );
}

/** The way Node looks: beside what asks, then one folder up after another. */
function lookUp(lockfile: Lockfile, path: string, name: string): LockedPackage | undefined {
  const own = lockfile.packages[`${path === '' ? '' : `${path}/`}node_modules/${name}`];
  if (own !== undefined || path === '') return own;
  return lookUp(lockfile, path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))), name);
}

/** Hosts of the registries and mirrors this machine's own package managers are set to. */
export function machineHosts(): readonly string[] {
  const texts = [
    output('npm', ['config', 'get', 'registry']),
    output('python3', ['-m', 'pip', 'config', 'list']),
    output('go', ['env', 'GOPROXY']),
    ...aptSources(),
  ];
  const hosts = texts.flatMap((text) =>
    [...text.matchAll(/https?:\/\/([^\s/'",|]+)/g)].map((match) => match[1] ?? ''),
  );
  const named = hosts.map((host) => host.replace(/^[^@]*@/, '').replace(/:\d+$/, ''));
  return [...new Set(named)].filter(
    (host) => host.includes('.') && !/^127\.|\.example(?:\.com)?$|^localhost$/.test(host),
  );
}

function aptSources(): readonly string[] {
  return globSync(['/etc/apt/sources.list', '/etc/apt/sources.list.d/*.{list,sources}']).map((path) => {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.filter((line) => !line.trimStart().startsWith('#')).join('\n');
  });
}

/** Empty when the program is not there or fails: then it has nothing to tell. */
function output(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      cwd: tmpdir(),
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 30_000,
    }).toString('utf8');
  } catch {
    return '';
  }
}
