/** A project on disk that a client installs: its manifest, the client's settings, and the commands' arguments. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from './clients.ts';
import { runClient, type ClientRun, type ClientRunOptions } from './clients.ts';

export interface ProjectManifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface Project {
  readonly client: Client;
  readonly folder: string;
  readonly home: string;
  readonly remove: () => Promise<void>;
}

export async function createProject(
  client: Client,
  registry: string,
  manifest: ProjectManifest,
): Promise<Project> {
  const base = await mkdtemp(join(tmpdir(), `assay-${client}-`));
  const folder = join(base, 'project');
  const home = join(base, 'home');
  await mkdir(folder);
  await mkdir(home);
  const whole = { name: 'assayed-project', version: '1.0.0', private: true, ...manifest };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(whole, null, 2)}\n`);
  await pointAt({ client, folder }, registry);
  return { client, folder, home, remove: () => rm(base, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Writes the settings with which the client asks `registry`, and only those a test can't do without. */
export async function pointAt(project: Pick<Project, 'client' | 'folder'>, registry: string): Promise<void> {
  if (project.client !== 'yarn4') {
    await writeFile(join(project.folder, '.npmrc'), `registry=${registry}\n`);
    // pnpm from 11 on fails when it left out a build script that nobody approved; here none is run or missed.
    if (project.client === 'pnpm11' || project.client === 'pnpm12') {
      await writeFile(join(project.folder, 'pnpm-workspace.yaml'), 'strictDepBuilds: false\n');
    }
    return;
  }
  // Yarn Berry refuses plain http unless told; the rest keeps its files inside the test's own folders.
  const settings = [
    `npmRegistryServer: ${JSON.stringify(registry)}`,
    'unsafeHttpWhitelist: ["127.0.0.1", "localhost"]',
    'nodeLinker: node-modules',
    'enableGlobalCache: true',
    'enableImmutableInstalls: false',
  ];
  await writeFile(join(project.folder, '.yarnrc.yml'), `${settings.join('\n')}\n`);
  // Without a lockfile Yarn looks for a workspace root in the folders above.
  await writeFile(join(project.folder, 'yarn.lock'), '', { flag: 'a' });
}

const installArguments: Readonly<Record<Client, readonly string[]>> = {
  npm11: ['install', '--no-audit', '--no-fund'],
  npm12: ['install', '--no-audit', '--no-fund'],
  pnpm10: ['install', '--no-frozen-lockfile'],
  pnpm11: ['install', '--no-frozen-lockfile'],
  pnpm12: ['install', '--no-frozen-lockfile'],
  yarn1: ['install', '--non-interactive'],
  yarn4: ['install'],
  bun: ['install'],
};

const frozenArguments: Readonly<Record<Client, readonly string[]>> = {
  npm11: ['ci', '--no-audit', '--no-fund'],
  npm12: ['ci', '--no-audit', '--no-fund'],
  pnpm10: ['install', '--frozen-lockfile'],
  pnpm11: ['install', '--frozen-lockfile'],
  pnpm12: ['install', '--frozen-lockfile'],
  yarn1: ['install', '--non-interactive', '--frozen-lockfile'],
  yarn4: ['install', '--immutable'],
  bun: ['install', '--frozen-lockfile'],
};

export const lockfiles: Readonly<Record<Client, string>> = {
  npm11: 'package-lock.json',
  npm12: 'package-lock.json',
  pnpm10: 'pnpm-lock.yaml',
  pnpm11: 'pnpm-lock.yaml',
  pnpm12: 'pnpm-lock.yaml',
  yarn1: 'yarn.lock',
  yarn4: 'yarn.lock',
  bun: 'bun.lock',
};

type RunOptions = Omit<ClientRunOptions, 'cwd' | 'home'>;

export function install(project: Project, options: RunOptions = {}): Promise<ClientRun> {
  return run(project, installArguments[project.client], options);
}

/** As continuous integration does: what the lockfile says, or failure. */
export function installFrozen(project: Project, options: RunOptions = {}): Promise<ClientRun> {
  return run(project, frozenArguments[project.client], options);
}

export function add(project: Project, spec: string, options: RunOptions = {}): Promise<ClientRun> {
  const { client } = project;
  const verb = client.startsWith('npm') ? ['install', '--no-audit', '--no-fund'] : ['add'];
  return run(project, [...verb, spec], options);
}

export function run(project: Project, args: readonly string[], options: RunOptions = {}): Promise<ClientRun> {
  return runClient(project.client, args, { cwd: project.folder, home: project.home, ...options });
}

/** Removes what was installed and every cache, so that a frozen install fetches anew. */
export async function forgetInstalled(project: Project): Promise<void> {
  await rm(join(project.folder, 'node_modules'), { recursive: true, force: true });
  await rm(project.home, { recursive: true, force: true });
  await mkdir(project.home, { recursive: true });
}
