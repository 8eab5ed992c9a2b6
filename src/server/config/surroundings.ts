/** The one place that reads the process's environment: everything else gets it as data. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Surroundings {
  readonly env: Env;
  readonly cwd: string;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Where this Assay is installed: the default data directory lies in it, whatever folder it is called from. */
  readonly installRoot: string;
  readonly systemFile: string;
}

export function surroundings(): Surroundings {
  return {
    env: process.env,
    cwd: process.cwd(),
    home: process.env['HOME'] ?? homedir(),
    platform: process.platform,
    installRoot: dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))),
    systemFile: '/etc/assay/assay.yaml',
  };
}

/** The user's configuration folder: `assay.yaml` and the undo records of `assay use` live there. */
export function userConfigDirectory({ env, home, platform }: Surroundings): string {
  const xdg = env['XDG_CONFIG_HOME'];
  if (xdg !== undefined && xdg.startsWith('/')) return join(xdg, 'assay');
  return platform === 'darwin'
    ? join(home, 'Library', 'Application Support', 'assay')
    : join(home, '.config', 'assay');
}

/** What must outlive a data directory lies here: the signer's keys and its memory of what it signed. */
export function userStateDirectory({ env, home, platform }: Surroundings): string {
  const xdg = env['XDG_STATE_HOME'];
  if (xdg !== undefined && xdg.startsWith('/')) return join(xdg, 'assay');
  return platform === 'darwin'
    ? join(home, 'Library', 'Application Support', 'assay')
    : join(home, '.local', 'state', 'assay');
}
