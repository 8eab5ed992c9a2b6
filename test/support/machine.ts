/** What this machine's own package managers are configured with. Tests read it; nothing of it is written down. */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface MachineRegistry {
  /** Ends with `/`. */
  readonly url: string;
  readonly cafile: string | undefined;
  readonly reachable: boolean;
}

let known: Promise<MachineRegistry> | undefined;

export function machineRegistry(): Promise<MachineRegistry> {
  return (known ??= lookUp());
}

async function lookUp(): Promise<MachineRegistry> {
  // Asked for outside the project, whose own .npmrc must not matter.
  const url = (await npmSetting('registry'))?.replace(/\/*$/, '/') ?? '';
  const cafile = await npmSetting('cafile');
  return { url, cafile, reachable: await answers(url) };
}

export async function npmSetting(key: string): Promise<string | undefined> {
  const { stdout } = await execute('npm', ['config', 'get', key], { cwd: tmpdir() });
  const value = stdout.trim();
  return value === '' || value === 'undefined' || value === 'null' ? undefined : value;
}

async function answers(url: string): Promise<boolean> {
  if (url === '') return false;
  try {
    await execute('npm', ['view', 'semver', 'version', '--fetch-retries=1', '--fetch-timeout=20000'], {
      cwd: tmpdir(),
    });
    return true;
  } catch {
    return false;
  }
}

/** Reason to skip a test that needs the registry, or undefined. */
export async function registryMissing(): Promise<string | undefined> {
  return (await machineRegistry()).reachable
    ? undefined
    : "the npm registry that 'npm config get registry' names does not answer";
}
