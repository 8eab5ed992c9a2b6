/**
 * What people meet when policy says no, once per client: used by the end-to-end tests, and by
 * `record-clients.ts`, which writes the printed texts down in docs/clients.md.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, ClientRun } from './clients.ts';
import type { FakeRegistry } from './fake-registry.ts';
import { startGate, type Gate } from './gate.ts';
import {
  add,
  createProject,
  forgetInstalled,
  install,
  installFrozen,
  lockfiles,
  pointAt,
  type Project,
  type ProjectManifest,
} from './project-folder.ts';

export interface Stage {
  readonly registry: FakeRegistry;
  readonly gate: Gate;
}

export interface ScenarioResult {
  readonly run: ClientRun;
  /** Version of `package` that is installed afterwards; undefined when none is. */
  readonly installed: string | undefined;
}

export interface Scenario {
  readonly id: 'bait' | 'locked-too-young' | 'locked-denied' | 'steered' | 'exact-too-young' | 'all-denied';
  readonly title: string;
  /** The package it is about. */
  readonly package: string;
  readonly play: (client: Client, stage: Stage) => Promise<ScenarioResult>;
}

const hour = 3_600_000;

function hoursAgo(hours: number): string {
  return new Date(Date.now() - hours * hour).toISOString();
}

/** Older than the clients' own age rules (a day at most), younger than the gate's 72 hours. */
const youngHours = 30;

/** Publishes what the scenarios need and starts a gate whose deny list names two of them. */
export async function startStage(registry: FakeRegistry): Promise<Stage> {
  registry.publish({ name: 'young-lib', version: '1.0.0' });
  registry.publish({ name: 'young-lib', version: '1.1.0', publishedAt: hoursAgo(youngHours) });
  registry.publish({ name: 'partly-denied', version: '1.0.0' });
  registry.publish({ name: 'partly-denied', version: '1.5.0' });
  registry.publish({ name: 'wholly-denied', version: '1.0.0' });
  const reason = 'stolen maintainer account';
  const deny = [
    { package: 'partly-denied', versions: '1.5.0', reason },
    { package: 'wholly-denied', reason },
  ];
  const gate = await startGate({ upstream: registry.url, config: { policy: { deny } } });
  return { registry, gate };
}

export const scenarios: readonly Scenario[] = [
  {
    id: 'bait',
    title: 'The bait package, which the gate itself publishes and always refuses',
    package: '@assay/bait',
    play: (client, { gate }) => playAdd(client, gate, '@assay/bait'),
  },
  {
    id: 'steered',
    title: 'A range or tag whose newest version is too young: an older one is installed',
    package: 'young-lib',
    play: (client, { gate }) => playAdd(client, gate, 'young-lib'),
  },
  {
    id: 'exact-too-young',
    title: 'An exact version that is too young',
    package: 'young-lib',
    play: (client, { gate }) => playAdd(client, gate, 'young-lib@1.1.0'),
  },
  {
    id: 'locked-too-young',
    title: 'A lockfile made without the gate that names a version which is too young',
    package: 'young-lib',
    play: (client, stage) =>
      playLocked(client, stage, { dependencies: { 'young-lib': '1.1.0' } }, 'young-lib'),
  },
  {
    id: 'locked-denied',
    title: 'A lockfile made without the gate that names a denied version',
    package: 'partly-denied',
    play: (client, stage) =>
      playLocked(client, stage, { dependencies: { 'partly-denied': '1.5.0' } }, 'partly-denied'),
  },
  {
    id: 'all-denied',
    title: 'A package that is denied as a whole',
    package: 'wholly-denied',
    play: (client, { gate }) => playAdd(client, gate, 'wholly-denied'),
  },
];

async function playAdd(client: Client, gate: Gate, spec: string): Promise<ScenarioResult> {
  const project = await createProject(client, gate.url, {});
  try {
    const run = await add(project, spec);
    return { run, installed: await installedVersion(project, spec.replace(/(?<=.)@[^/]*$/, '')) };
  } finally {
    await project.remove();
  }
}

async function playLocked(
  client: Client,
  stage: Stage,
  manifest: ProjectManifest,
  name: string,
): Promise<ScenarioResult> {
  const project = await lockedProject(client, stage, manifest);
  try {
    const run = await installFrozen(project);
    return { run, installed: await installedVersion(project, name) };
  } finally {
    await project.remove();
  }
}

/** A project whose lockfile was made at the registry itself, moved to the gate, with nothing installed or cached. */
export async function lockedProject(
  client: Client,
  { registry, gate }: { readonly registry: Pick<FakeRegistry, 'url'>; readonly gate: Pick<Gate, 'url'> },
  manifest: ProjectManifest,
  env: Readonly<Record<string, string>> = {},
): Promise<Project> {
  const project = await createProject(client, registry.url, manifest);
  const made = await install(project, { env });
  if (made.code !== 0) throw new Error(`no lockfile could be made with ${client}:\n${made.output}`);
  await forgetInstalled(project);
  await moveTo(project, registry.url, gate.url);
  return project;
}

/**
 * Points the project and its lockfile at another registry, as a person would. npm, Yarn 1 and Bun write a registry's
 * URL into their lockfiles when it is not the public one; Yarn 1 writes the public one's too (under its own host
 * name), and goes there whatever is configured.
 */
export async function moveTo(project: Project, from: string, to: string): Promise<void> {
  await pointAt(project, to);
  const lockfile = join(project.folder, lockfiles[project.client]);
  const text = (await readFile(lockfile, 'utf8')).replaceAll(from, to);
  const moved =
    project.client === 'yarn1' ? text.replace(/(?<=^ {2}resolved ")https?:\/\/[^/]+\//gm, () => to) : text;
  await writeFile(lockfile, moved);
}

export async function installedVersion(project: Project, name: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(project.folder, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return undefined;
  }
}
