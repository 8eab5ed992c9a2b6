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
  /** Undefined where there are none. */
  readonly uid?: number | undefined;
}

export function surroundings(): Surroundings {
  return {
    env: process.env,
    cwd: process.cwd(),
    home: process.env['HOME'] ?? homedir(),
    platform: process.platform,
    installRoot: dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))),
    systemFile: '/etc/assay/assay.yaml',
    uid: process.getuid?.(),
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

/**
 * What can be made anew. Root's is the system's: builds run as another user, who must be able to enter it, and root's
 * home is closed to others.
 */
export function cacheDirectory({ env, home, platform, uid }: Surroundings): string {
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg !== undefined && xdg.startsWith('/')) return join(xdg, 'assay');
  if (uid === 0) return '/var/cache/assay';
  return platform === 'darwin' ? join(home, 'Library', 'Caches', 'assay') : join(home, '.cache', 'assay');
}

/** What must outlive a data directory lies here: the signer's keys and its memory of what it signed. */
export function userStateDirectory({ env, home, platform }: Surroundings): string {
  const xdg = env['XDG_STATE_HOME'];
  if (xdg !== undefined && xdg.startsWith('/')) return join(xdg, 'assay');
  return platform === 'darwin'
    ? join(home, 'Library', 'Application Support', 'assay')
    : join(home, '.local', 'state', 'assay');
}
