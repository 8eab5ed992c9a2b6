/** Which package manager, by what was committed. */
import semver from 'semver';
import type { ManagerKind } from '../recipe.ts';
import type { SourceFacts } from './facts.ts';
import type { Manifest } from './manifest.ts';

export interface ManagerChoice {
  readonly kind: ManagerKind;
  /** Of the manager's own program; undefined for npm. */
  readonly version: string | undefined;
  /** Path of the committed lockfile. */
  readonly lockfile: string | undefined;
  readonly atLeastNode: string;
  readonly atLeastNpm: string;
  /** Majors of npm, first and last, that write lockfiles of the committed one's version; undefined: no such lockfile. */
  readonly lockfileNpm?: readonly [number, number] | undefined;
  readonly reason: string;
}

/** The first of these that lies in the package's folder or in one above it; the nearest folder wins. */
const lockfiles = ['pnpm-lock.yaml', 'yarn.lock', 'package-lock.json', 'npm-shrinkwrap.json', 'bun.lock'];

/** `top`: the manifest at the top of the source, whose `packageManager` counts for workspaces. */
export function chooseManager(
  facts: SourceFacts,
  directory: string,
  top: Manifest | undefined,
  own: Manifest,
): ManagerChoice {
  const field = own.packageManager ?? top?.packageManager ?? '';
  const stated = /^(npm|pnpm|yarn|bun)@(\d{1,3}\.\d{1,4}\.\d{1,4}(?:-[0-9A-Za-z.]+)?)(?:\+|$)/.exec(field);
  const lockfile = nearestLockfile(facts, directory, stated?.[1]);
  const text = lockfile === undefined ? '' : (facts.texts.get(lockfile) ?? '');
  const kind = stated?.[1] ?? managerOfLockfile(lockfile, facts);
  const version = stated?.[2];
  const reason = reasonFor(facts, lockfile, stated?.[0]);
  if (kind === 'pnpm') return pnpmChoice(version, lockfile, text, reason);
  if (kind === 'yarn') return yarnChoice(facts, version, lockfile, text, reason);
  if (kind === 'bun') return bunChoice(version, lockfile, reason);
  const lockfileNpm = npmOfLockfile[/"lockfileVersion": ?(\d)\b/.exec(text.slice(0, 2000))?.[1] ?? ''];
  // npm before 7 cannot read version 3, and drops what version 2 says of workspaces.
  const modern = lockfileNpm?.[0] === 9;
  const workspaces = top?.workspaces === true;
  const atLeastNpm = modern || workspaces ? '7.0.0' : '5.7.0';
  return { kind: 'npm', version: undefined, lockfile, atLeastNode: '8.0.0', atLeastNpm, lockfileNpm, reason };
}

/** Which npm writes which version of the lockfile (npm's documentation of package-lock.json, "lockfileVersion"). */
const npmOfLockfile: Readonly<Record<string, readonly [number, number]>> = {
  1: [5, 6],
  2: [7, 8],
  3: [9, Number.POSITIVE_INFINITY],
};

function nearestLockfile(
  facts: SourceFacts,
  directory: string,
  stated: string | undefined,
): string | undefined {
  const paths = new Set(facts.paths);
  const fitting = lockfiles.filter((name) => stated === undefined || nameOfManager(name) === stated);
  for (let folder = directory; ; folder = parentOf(folder)) {
    const found = fitting.find((name) => paths.has(joined(folder, name)));
    if (found !== undefined) return joined(folder, found);
    if (folder === '') return undefined;
  }
}

function managerOfLockfile(lockfile: string | undefined, facts: SourceFacts): string {
  if (lockfile !== undefined) return nameOfManager(lockfile.slice(lockfile.lastIndexOf('/') + 1));
  return facts.texts.has('pnpm-workspace.yaml') ? 'pnpm' : 'npm';
}

function nameOfManager(lockfile: string): string {
  const managers: Readonly<Record<string, string>> = {
    'pnpm-lock.yaml': 'pnpm',
    'yarn.lock': 'yarn',
    'bun.lock': 'bun',
  };
  return managers[lockfile] ?? 'npm';
}

function reasonFor({ paths }: SourceFacts, lockfile: string | undefined, stated: string | undefined): string {
  const by = stated === undefined ? '' : ` packageManager says ${stated.replace(/\+$/, '')}.`;
  if (lockfile !== undefined) return `${lockfile.slice(0, 200)} is committed.${by}`;
  const binary = paths.includes('bun.lockb')
    ? 'bun.lockb is committed, a binary form that is not read here.'
    : 'No lockfile is committed.';
  return binary + by;
}

/** The text form came with Bun 1.2 (1.1.39 behind a switch); newer ones read and keep older forms. */
function bunChoice(stated: string | undefined, lockfile: string | undefined, reason: string): ManagerChoice {
  const version = stated !== undefined && semver.gte(stated, '1.2.0') ? stated : '1.2.21';
  return { kind: 'bun', version, lockfile, atLeastNode: '8.0.0', atLeastNpm: '5.7.0', reason };
}

/** Which pnpm wrote which version of the lockfile, and the Node it needs. */
function pnpmChoice(
  stated: string | undefined,
  lockfile: string | undefined,
  text: string,
  reason: string,
): ManagerChoice {
  const format = /^lockfileVersion: '?(\d+(?:\.\d+)?)/m.exec(text.slice(0, 2000))?.[1] ?? '9.0';
  const major = Number(format.split('.', 1)[0]);
  const byFormat = format === '5.4' ? '7.33.7' : major <= 5 ? '6.35.1' : major === 6 ? '8.15.9' : '9.15.9';
  const version = stated ?? byFormat;
  const needs: Readonly<Record<string, string>> = {
    6: '12.17.0',
    7: '14.6.0',
    8: '16.14.0',
    9: '18.12.0',
    10: '18.12.0',
  };
  const atLeastNode = needs[version.split('.', 1)[0] ?? ''] ?? '22.13.0';
  return { kind: 'pnpm', version, lockfile, atLeastNode, atLeastNpm: '5.7.0', reason };
}

function yarnChoice(
  facts: SourceFacts,
  stated: string | undefined,
  lockfile: string | undefined,
  text: string,
  reason: string,
): ManagerChoice {
  const metadata = /^__metadata:\s+version: "?(\d+)/m.exec(text.slice(0, 4000))?.[1];
  const release = /yarn-(\d+\.\d+\.\d+)\.c?js/.exec(facts.texts.get('.yarnrc.yml') ?? '')?.[1];
  const version = stated ?? release ?? byMetadata(metadata);
  if (version.startsWith('1.') || version.startsWith('0.'))
    return { kind: 'yarn-classic', version, lockfile, atLeastNode: '8.0.0', atLeastNpm: '5.7.0', reason };
  const atLeastNode = version.startsWith('4.') ? '18.12.0' : version.startsWith('3.') ? '12.20.0' : '10.19.0';
  return { kind: 'yarn-berry', version, lockfile, atLeastNode, atLeastNpm: '5.7.0', reason };
}

function byMetadata(metadata: string | undefined): string {
  if (metadata === undefined) return '1.22.22';
  return Number(metadata) >= 7 ? '4.18.1' : '3.8.7';
}

function parentOf(folder: string): string {
  const at = folder.lastIndexOf('/');
  return at < 0 ? '' : folder.slice(0, at);
}

function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
