/** The environment of a run, and its frozen clock. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { homeOf, ownFolder } from './profile.ts';
import type { RunResult, RunSpec } from '../../core/sandbox.ts';

const triplets: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };
/** Below {@link ownFolder}. */
export const frozenDateFile = 'frozen-date.cjs';

export interface RunEnvironment {
  readonly env: Readonly<Record<string, string>>;
  readonly clock: RunResult['clock'];
}

/** What the run is given, over what is the same for all. */
export async function environmentFor(spec: RunSpec): Promise<RunEnvironment> {
  const user = spec.identity?.user ?? 'build';
  const common = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: homeOf(user),
    USER: user,
    LOGNAME: user,
    SHELL: '/bin/sh',
    TZ: 'UTC',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    SOURCE_DATE_EPOCH: String(spec.sourceDateEpoch),
    ...spec.env,
  };
  if (!spec.freezeClock) return { env: common, clock: 'running' };
  const library = await libfaketimeIn(spec.root);
  if (library === undefined) return { env: withNodePreload(common, spec), clock: 'node' };
  return {
    env: {
      ...common,
      LD_PRELOAD: [library, ...present(spec.env, 'LD_PRELOAD')].join(':'),
      // An absolute time without `@`: the clock stands still. Time that is measured goes on, and so do the times of
      // files: a build that compares them must not see the past.
      FAKETIME: String(spec.sourceDateEpoch),
      FAKETIME_FMT: '%s',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    clock: 'frozen',
  };
}

function withNodePreload(env: Readonly<Record<string, string>>, spec: RunSpec): Record<string, string> {
  return {
    ...env,
    NODE_OPTIONS: [`--require=${ownFolder}/${frozenDateFile}`, ...present(spec.env, 'NODE_OPTIONS')].join(
      ' ',
    ),
  };
}

function present(env: Readonly<Record<string, string>>, name: string): readonly string[] {
  const value = env[name];
  return value === undefined || value === '' ? [] : [value];
}

async function libfaketimeIn(root: string): Promise<string | undefined> {
  const triplet = triplets[process.arch];
  if (triplet === undefined) return undefined;
  const path = `/usr/lib/${triplet}/faketime/libfaketime.so.1`;
  const stat = await lstat(join(root, path)).catch(() => undefined);
  return stat?.isFile() === true ? path : undefined;
}
