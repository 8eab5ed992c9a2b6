/**
 * The phases of a build, from its recipe alone. Pure: a recipe and its inputs give these programs and no others.
 * What is mounted is named here, and put at host paths by `build.ts`.
 */
import { managerOf, type Manager } from './managers/managers.ts';
import { committedLockfile, type BuildStep, type Recipe } from './recipe.ts';

/** `tool:*`, `bin`, `inputs` are read-only always. `source` is the tree, `caches` what the package manager keeps. */
export type MountName =
  | 'tool:node'
  | 'tool:npm'
  | 'tool:manager'
  | 'bin'
  | 'inputs'
  | 'source'
  | 'caches'
  | 'out';

export interface PhaseMount {
  readonly what: MountName;
  readonly to: string;
  readonly writable: boolean;
}

export interface Phase {
  readonly phase: 'fetch' | 'build' | 'pack';
  readonly network: 'proxy' | 'none';
  readonly mounts: readonly PhaseMount[];
  /** For `/bin/sh -eu`. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly sourceDateEpoch: number;
  readonly freezeClock: boolean;
}

export const places = {
  bin: '/tools/bin',
  node: '/tools/node',
  npm: '/tools/npm',
  manager: '/tools/manager',
  inputs: '/inputs',
  source: '/work/source',
  caches: '/work/caches',
  out: '/out',
} as const;

/** Where the lockfile of a resolved recipe lies among the inputs; a placed one lies there too. */
export const inputFiles = { lockfile: 'lockfile', registry: 'registry' } as const;

/** The commit of a git source, for builds that write it into what they make. */
export const commitVariable = 'SOURCE_COMMIT';

/**
 * Holds a `sh` that does nothing, for the pack phase: npm 7 to 8 run `prepare` of a folder that they pack whatever
 * `--ignore-scripts` says (npm/pacote before 15), and everything ran in the build phase already.
 */
export const quietFolder = 'quiet';

/** How the build's script ends when the installation failed, and when a step did. */
export const installFailed = 71;

/** In order. No `fetch` where nothing is installed; the build always is, also when it does nothing. */
export function planBuild(recipe: Recipe): readonly Phase[] {
  const packing = packPhase(recipe);
  if (recipe.dependencies.kind === 'none' && recipe.build.length === 0) return [packing];
  const building = buildPhase(recipe);
  return recipe.dependencies.kind === 'none' ? [building, packing] : [fetchPhase(recipe), building, packing];
}

/** Folder in which the dependencies are installed: the lockfile's, from the top of the source. */
export function installFolder({ dependencies }: Recipe): string {
  const path = committedLockfile(dependencies) ?? '';
  const at = path.lastIndexOf('/');
  return at < 0 ? '' : path.slice(0, at);
}

/** The lockfile's path from the top of the source. */
export function lockfilePath({ dependencies, toolchain }: Recipe): string {
  return committedLockfile(dependencies) ?? managerOf(toolchain.manager).lockfile;
}

/** Whether the fetch phase makes the lockfile. */
export function resolves({ dependencies }: Recipe): boolean {
  return dependencies.kind === 'resolve' && dependencies.frozen === undefined;
}

function fetchPhase(recipe: Recipe): Phase {
  const manager = managerOf(recipe.toolchain.manager);
  const install = resolves(recipe) ? manager.resolve : installCommand(recipe, manager);
  return {
    ...common(recipe, manager),
    phase: 'fetch',
    network: 'proxy',
    mounts: [...toolMounts(recipe), mount('inputs'), mount('source', true), mount('caches', true)],
    script: lines([
      ...(resolves(recipe) && committedLockfile(recipe.dependencies) === undefined
        ? []
        : takeLockfile(recipe)),
      inFolder(installFolder(recipe), install),
    ]),
    // Package managers wait and retry by the clock.
    freezeClock: false,
  };
}

function buildPhase(recipe: Recipe): Phase {
  const manager = managerOf(recipe.toolchain.manager);
  const installs = recipe.dependencies.kind !== 'none';
  return {
    ...common(recipe, manager),
    phase: 'build',
    network: 'none',
    mounts: [...toolMounts(recipe), mount('inputs'), mount('source', true), mount('caches', true)],
    script: lines([
      ...(installs ? installing(recipe, manager) : []),
      ...recipe.build.map((step) => inFolder(step.directory, commandOf(step, manager))),
      ...(installs ? putBackLockfile(recipe) : []),
    ]),
    freezeClock: recipe.environment.freezeClock,
  };
}

function packPhase(recipe: Recipe): Phase {
  const manager = managerOf(recipe.pack === 'npm' ? 'npm' : recipe.pack);
  const folder = below(recipe.source.kind === 'debian-source' ? '' : recipe.source.directory);
  const shared = common(recipe, manager);
  // Scripts ran in the build phase, or not at all.
  const command = {
    npm: ['npm', 'pack', '--ignore-scripts', folder],
    pnpm: ['pnpm', 'pack', '--pack-destination', places.out],
    'yarn-berry': ['yarn', 'pack', '--out', `${places.out}/package.tgz`],
  }[recipe.pack];
  return {
    phase: 'pack',
    network: 'none',
    mounts: [
      ...toolMounts(recipe),
      mount('source'),
      mount('caches', recipe.pack === 'npm'),
      mount('out', true),
    ],
    script: lines([`cd ${quote(recipe.pack === 'npm' ? places.out : folder)}`, command.map(quote).join(' ')]),
    ...shared,
    environment: {
      ...shared.environment,
      PATH: `${places.bin}/${quietFolder}:${shared.environment['PATH'] ?? ''}`,
      npm_config_ignore_scripts: 'true',
      pnpm_config_ignore_scripts: 'true',
    },
    freezeClock: recipe.environment.freezeClock,
  };
}

function common(recipe: Recipe, manager: Manager): Pick<Phase, 'environment' | 'sourceDateEpoch'> {
  const { toolchain } = recipe;
  return {
    sourceDateEpoch: recipe.environment.sourceDateEpoch,
    environment: {
      ...recipe.environment.variables,
      ...(recipe.source.kind === 'git' ? { [commitVariable]: recipe.source.commit } : {}),
      ...manager.environment(places.caches, (toolchain.managerTool ?? toolchain.npm).version),
      // node-gyp takes Node's headers from there, and asks no network for them.
      npm_config_nodedir: places.node,
      PATH: `${places.bin}:/usr/bin:/bin`,
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
    },
  };
}

function toolMounts(recipe: Recipe): readonly PhaseMount[] {
  const managing = recipe.toolchain.managerTool === undefined ? [] : [mount('tool:manager')];
  return [mount('tool:node'), mount('tool:npm'), ...managing, mount('bin')];
}

function mount(what: MountName, writable = false): PhaseMount {
  const key = what.replace('tool:', '') as keyof typeof places;
  return { what, to: places[key], writable };
}

/** The lockfile with the build's own places instead of the committed one, which `putBackLockfile` restores. */
function takeLockfile(recipe: Recipe): readonly string[] {
  const path = quote(below(lockfilePath(recipe)));
  const committed = committedLockfile(recipe.dependencies) !== undefined;
  const kept = committed ? [`cp ${path} /tmp/committed-lockfile`] : [];
  return [...kept, `cp ${places.inputs}/${inputFiles.lockfile} ${path}`];
}

function putBackLockfile(recipe: Recipe): readonly string[] {
  const path = quote(below(lockfilePath(recipe)));
  const committed = committedLockfile(recipe.dependencies) !== undefined;
  return [committed ? `cp /tmp/committed-lockfile ${path}` : `rm -f ${path}`];
}

/** What freezes the clock, for dynamic programs and for Node. */
const withClock = ['env', '-u', 'LD_PRELOAD', '-u', 'NODE_OPTIONS'];

/** The recorded registry is up while the dependencies are installed, and gone when the first step begins. */
function installing(recipe: Recipe, manager: Manager): readonly string[] {
  const registry = `${places.inputs}/${inputFiles.registry}`;
  const folder = installFolder(recipe);
  return [
    ...takeLockfile(recipe),
    `node ${registry}/replay.js ${registry} /tmp/registry-is-up &`,
    'registry=$!',
    'while [ ! -e /tmp/registry-is-up ]; do kill -0 "$registry"; sleep 0.02; done',
    `(${inFolder(folder, [...(manager.needsClock ? withClock : []), ...installCommand(recipe, manager)])}) || exit ${installFailed}`,
    ...rebuilding(recipe, folder),
    'kill "$registry"; wait "$registry" || true',
  ];
}

function installCommand(recipe: Recipe, manager: Manager): readonly string[] {
  return recipe.dependencies.kind === 'resolve' ? manager.installResolved : manager.install;
}

/** The install scripts of the dependencies that the recipe names. */
function rebuilding({ allowScripts }: Recipe, folder: string): readonly string[] {
  if (allowScripts.length === 0) return [];
  return [`(${inFolder(folder, ['npm', 'rebuild', ...allowScripts])}) || exit ${installFailed}`];
}

function commandOf(step: BuildStep, manager: Manager): readonly string[] {
  return step.kind === 'script' ? manager.run(step.script) : step.command;
}

function inFolder(folder: string, command: readonly string[]): string {
  return `cd ${quote(below(folder))} && ${command.map(quote).join(' ')}`;
}

function below(path: string): string {
  return path === '' ? places.source : `${places.source}/${path}`;
}

function lines(given: readonly string[]): string {
  return `${given.join('\n')}\n`;
}

/** One word for a POSIX shell, whatever is in it. */
export function quote(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
