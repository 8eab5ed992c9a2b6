/**
 * How each package manager is called. In every call no dependency's script runs, nothing but the build's registry is
 * asked, and no other version of the manager itself is fetched, whatever the project's own files say.
 */
import semver from 'semver';
import { registryUrl } from '../registry/paths.ts';
import type { ManagerKind } from '../recipe.ts';
import type { PlacedLockfile } from './lockfile.ts';
import { placeBunLock } from './bun-lock.ts';
import { placeNpmLock } from './npm-lock.ts';
import { placePnpmLock } from './pnpm-lock.ts';
import { placeYarnBerryLock } from './yarn-berry-lock.ts';
import { placeYarnClassicLock } from './yarn-classic-lock.ts';

export interface Manager {
  readonly kind: ManagerKind;
  /** Its npm package; `cli-dist` is Yarn in one file, and Bun's is for one kind of machine. */
  readonly tool: (platform: 'x64' | 'arm64') => string;
  /** Path of the program in its package, where it is no program of Node. */
  readonly binary?: string;
  /** The program's name on the PATH inside. */
  readonly program: string;
  readonly lockfile: string;
  /** Installs exactly what the lockfile says, or fails. */
  readonly install: readonly string[];
  /** Resolves and writes the lockfile. */
  readonly resolve: readonly string[];
  /** `install` where the lockfile came of `resolve`. */
  readonly installResolved: readonly string[];
  /** Its installation waits for a clock that goes on: Yarn 4 delays what it prints by it, and never ends otherwise. */
  readonly needsClock: boolean;
  readonly run: (script: string) => readonly string[];
  /** `caches`: a folder inside that may be written. `version`: of its own program; Yarn refuses settings that it does not know. */
  readonly environment: (caches: string, version: string) => Readonly<Record<string, string>>;
  /** Throws SyntaxError or Error for a lockfile that can't be read. */
  readonly place: (text: string) => PlacedLockfile;
}

const npmQuiet = ['--ignore-scripts', '--no-audit', '--no-fund'];
const yarnQuiet = ['--ignore-scripts', '--non-interactive', '--ignore-engines'];

function npmEnvironment(caches: string): Readonly<Record<string, string>> {
  return {
    npm_config_registry: registryUrl,
    npm_config_cache: `${caches}/npm`,
    npm_config_userconfig: `${caches}/npmrc`,
    npm_config_globalconfig: `${caches}/npmrc-global`,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_package_lock: 'true',
    npm_config_engine_strict: 'false',
    npm_config_replace_registry_host: 'never',
    NO_COLOR: '1',
    NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
  };
}

const npm: Manager = {
  kind: 'npm',
  tool: () => 'npm',
  program: 'npm',
  lockfile: 'package-lock.json',
  install: ['npm', 'ci', ...npmQuiet],
  // Peers that contradict each other were no error when most of these packages were published.
  resolve: ['npm', 'install', ...npmQuiet, '--legacy-peer-deps'],
  installResolved: ['npm', 'ci', ...npmQuiet, '--legacy-peer-deps'],
  needsClock: false,
  run: (script) => ['npm', 'run', script],
  environment: npmEnvironment,
  place: placeNpmLock,
};

/** pnpm up to 10 reads its settings from `npm_config_*`, later ones from `pnpm_config_*`. */
function pnpmSettings(caches: string): Readonly<Record<string, string>> {
  const settings = {
    registry: registryUrl,
    store_dir: `${caches}/pnpm-store`,
    cache_dir: `${caches}/pnpm-cache`,
    state_dir: `${caches}/pnpm-state`,
    manage_package_manager_versions: 'false',
    package_manager_strict: 'false',
    pm_on_fail: 'ignore',
    minimum_release_age: '0',
    update_notifier: 'false',
    verify_deps_before_run: 'false',
    side_effects_cache: 'false',
    package_import_method: 'copy',
  };
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => [
      [`npm_config_${key}`, value],
      [`pnpm_config_${key}`, value],
    ]),
  );
}

const pnpm: Manager = {
  kind: 'pnpm',
  tool: () => 'pnpm',
  program: 'pnpm',
  lockfile: 'pnpm-lock.yaml',
  install: ['pnpm', 'install', '--frozen-lockfile', '--ignore-scripts'],
  resolve: ['pnpm', 'install', '--no-frozen-lockfile', '--ignore-scripts'],
  installResolved: ['pnpm', 'install', '--frozen-lockfile', '--ignore-scripts'],
  needsClock: false,
  run: (script) => ['pnpm', 'run', script],
  environment: (caches) => ({ ...npmEnvironment(caches), ...pnpmSettings(caches), CI: 'true' }),
  place: placePnpmLock,
};

const yarnClassic: Manager = {
  kind: 'yarn-classic',
  tool: () => 'yarn',
  program: 'yarn',
  lockfile: 'yarn.lock',
  install: ['yarn', 'install', '--frozen-lockfile', ...yarnQuiet],
  resolve: ['yarn', 'install', ...yarnQuiet],
  installResolved: ['yarn', 'install', '--frozen-lockfile', ...yarnQuiet],
  needsClock: false,
  run: (script) => ['yarn', 'run', script],
  environment: (caches) => ({
    ...npmEnvironment(caches),
    YARN_REGISTRY: registryUrl,
    YARN_CACHE_FOLDER: `${caches}/yarn`,
    YARN_IGNORE_PATH: '1',
    yarn_disable_self_update_check: 'true',
  }),
  place: placeYarnClassicLock,
};

const yarnBerry: Manager = {
  kind: 'yarn-berry',
  tool: () => '@yarnpkg/cli-dist',
  program: 'yarn',
  lockfile: 'yarn.lock',
  install: ['yarn', 'install', '--immutable', '--mode=skip-build'],
  resolve: ['yarn', 'install', '--no-immutable', '--mode=skip-build'],
  installResolved: ['yarn', 'install', '--immutable', '--mode=skip-build'],
  needsClock: true,
  run: (script) => ['yarn', 'run', script],
  environment: (caches, version) => ({
    ...npmEnvironment(caches),
    ...(semver.gte(version, '4.0.0') ? { YARN_ENABLE_HARDENED_MODE: 'false' } : {}),
    ...(semver.gte(version, '4.10.0') ? { YARN_NPM_MINIMAL_AGE_GATE: '0' } : {}),
    YARN_NPM_REGISTRY_SERVER: registryUrl.slice(0, -1),
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_ENABLE_GLOBAL_CACHE: 'false',
    YARN_CACHE_FOLDER: `${caches}/yarn`,
    YARN_GLOBAL_FOLDER: `${caches}/yarn-global`,
    YARN_ENABLE_SCRIPTS: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_IGNORE_PATH: '1',
    YARN_ENABLE_PROGRESS_BARS: 'false',
  }),
  place: placeYarnBerryLock,
};

const bunQuiet = ['--ignore-scripts', '--no-progress', '--no-summary'];

const bun: Manager = {
  kind: 'bun',
  // `baseline`: for processors without AVX2 too.
  tool: (platform) => (platform === 'arm64' ? '@oven/bun-linux-aarch64' : '@oven/bun-linux-x64-baseline'),
  binary: 'bin/bun',
  program: 'bun',
  lockfile: 'bun.lock',
  install: ['bun', 'install', '--frozen-lockfile', ...bunQuiet],
  resolve: ['bun', 'install', '--save-text-lockfile', ...bunQuiet],
  installResolved: ['bun', 'install', '--frozen-lockfile', ...bunQuiet],
  needsClock: true,
  run: (script) => ['bun', 'run', script],
  environment: (caches) => ({
    ...npmEnvironment(caches),
    BUN_CONFIG_REGISTRY: registryUrl,
    BUN_INSTALL_CACHE_DIR: `${caches}/bun`,
    BUN_RUNTIME_TRANSPILER_CACHE_PATH: '0',
  }),
  place: placeBunLock,
};

const all: Readonly<Record<ManagerKind, Manager>> = {
  npm,
  pnpm,
  'yarn-classic': yarnClassic,
  'yarn-berry': yarnBerry,
  bun,
};

export function managerOf(kind: ManagerKind): Manager {
  return all[kind];
}

/** In the words of npm 5 to 11, pnpm 6 to 10, Yarn 1, Yarn 2 to 4, and Bun. Only what follows of it is another recipe. */
const unfit =
  /can only install (?:packages )?(?:when|with an existing) [^\n]{0,200}(?:in sync|package-lock)|ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH)|Your lockfile needs to be updated|The lockfile would have been (?:modified|created) by this install|lockfile had changes, but lockfile is frozen/;

export function saysLockfileUnfit(output: string): boolean {
  return unfit.test(output.slice(-64 * 1024));
}
