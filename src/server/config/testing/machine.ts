/** A machine of a test's own to read configuration on. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { isAssayError } from '../../../core/errors.ts';
import { loadSettings, type Loaded, type LoadInput } from '../load.ts';
import type { Env, Surroundings } from '../surroundings.ts';

export interface Machine {
  readonly root: string;
  readonly around: (env?: Env) => Surroundings;
  readonly write: (file: string, text: string) => Promise<string>;
}

/** A machine with nothing on it: no npm on the PATH, so that nothing but what a test writes counts. */
export async function machine(t: TestContext): Promise<Machine> {
  const root = await mkdtemp(join(tmpdir(), 'assay-config-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return {
    root,
    around: (env = {}) => ({
      env: { PATH: join(root, 'bin'), HOME: join(root, 'home'), ...env },
      cwd: join(root, 'cwd'),
      home: join(root, 'home'),
      platform: 'linux',
      installRoot: join(root, 'installed'),
      systemFile: join(root, 'etc/assay.yaml'),
    }),
    write: async (file, text) => {
      const path = join(root, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      return path;
    },
  };
}

export const upstream = 'upstreams: { npm: { url: https://registry.example.com } }\n';

export async function load(around: Surroundings, rest: Partial<LoadInput> = {}): Promise<Loaded> {
  return loadSettings({ flags: {}, around, upstreams: 'look', ...rest });
}

export async function refused(
  work: Promise<unknown>,
  code: 'CONFIG_INVALID' | 'CONFIG_UNREADABLE' | 'UPSTREAM_NOT_CONFIGURED' | 'UPSTREAM_IS_ASSAY',
): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.ok(isAssayError(error, code), String(error));
    return error.message;
  }
  return assert.fail(`no ${code}`);
}

export function where(loaded: Loaded, key: string): string | undefined {
  const shown = loaded.shown.find((one) => one.key === key);
  return shown === undefined
    ? undefined
    : [shown.value, shown.source, shown.where].filter((part) => part !== undefined).join(' ');
}
