/** Where everything is inside: a developer's machine, as far as a script can see. Pure. */
import { posix } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import type { ObserveRequest } from './deps.ts';
import type { Identity } from './honeytokens.ts';
import type { LifecycleScript } from './lifecycle.ts';
import type { Places } from './zones.ts';

export const inside = {
  local: '/usr/local',
  node: '/usr/local/lib/nodejs',
  npm: '/usr/local/lib/node_modules/npm',
  bin: '/usr/local/bin',
  driver: '/usr/local/libexec',
  given: '/usr/local/src',
} as const;

export function placesOf({ user, project }: Identity, request: ObserveRequest): Places {
  const home = `/home/${user}`;
  const folder = `${home}/${project}`;
  return {
    home,
    project: folder,
    package: `${folder}/${folderOf(request.package.name)}`,
    tools: inside.local,
    npm: inside.npm,
  };
}

const segment = String.raw`(?:@[\w~.-]{1,214}/)?[\w~-][\w~.-]{0,213}`;
const folderForm = new RegExp(`^(?:node_modules/${segment}/)*node_modules/${segment}$`);

/** @throws BEHAVIOUR_INPUT_INVALID for a name that is no folder of its own */
function folderOf(name: string): string {
  return checkFolder(`node_modules/${name}`);
}

/** @throws BEHAVIOUR_INPUT_INVALID */
export function checkFolder(folder: string): string {
  if (
    folder.length > 1000 ||
    !folderForm.test(folder) ||
    folder.split('/').some((part) => /^@?\.{1,2}$/.test(part))
  )
    throw new AssayError(
      'BEHAVIOUR_INPUT_INVALID',
      `${JSON.stringify(folder.slice(0, 200))} is no folder of an installed package`,
    );
  return folder;
}

/** What the driver is given: scripts, and the variables of each. */
export interface DriverInput {
  readonly scripts: readonly {
    readonly event: string;
    readonly command: string;
    /** Absolute. */
    readonly folder: string;
    readonly env: Readonly<Record<string, string>>;
  }[];
}

/** @throws BEHAVIOUR_INPUT_INVALID */
export function driverInput(
  places: Places,
  request: ObserveRequest,
  scripts: readonly LifecycleScript[],
  environment: Readonly<Record<string, string>>,
): DriverInput {
  return {
    scripts: scripts.map(({ event, command, folder: below }) => {
      const folder = below === '' ? places.package : `${places.package}/${checkFolder(below)}`;
      return { event, command, folder, env: { ...environment, ...npmEnvironment(places, request, folder) } };
    }),
  };
}

/** As @npmcli/run-script and @npmcli/config set them for a dependency's scripts. */
function npmEnvironment(
  places: Places,
  request: ObserveRequest,
  own: string,
): Readonly<Record<string, string>> {
  const { toolchain, registryHosts } = request;
  const [registry] = registryHosts;
  const { home, project } = places;
  const modules: string[] = [];
  for (let folder = own; folder !== '/'; folder = posix.dirname(folder))
    modules.push(`${folder}/node_modules/.bin`);
  const runScript = `${inside.npm}/node_modules/@npmcli/run-script/lib/node-gyp-bin`;
  const settings = {
    cache: `${home}/.npm`,
    // Nobody answers; npm would wait for a minute to ask again.
    fetch_retries: '0',
    global_prefix: inside.local,
    globalconfig: `${inside.local}/etc/npmrc`,
    init_module: `${home}/.npm-init.js`,
    local_prefix: project,
    node_gyp: `${inside.npm}/node_modules/node-gyp/bin/node-gyp.js`,
    // node-gyp takes Node's headers from there, and asks no network for them.
    nodedir: inside.node,
    noproxy: '',
    npm_version: toolchain.npmVersion,
    prefix: inside.local,
    user_agent: `npm/${toolchain.npmVersion} node/v${toolchain.nodeVersion} linux x64 workspaces/false`,
    userconfig: `${home}/.npmrc`,
    ...(registry === undefined ? {} : { registry: `https://${registry}/` }),
  };
  return {
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`npm_config_${name}`, value])),
    COLOR: '0',
    EDITOR: 'vi',
    INIT_CWD: project,
    NODE: `${inside.node}/bin/node`,
    PATH: [...modules, '/node_modules/.bin', runScript, pathVariable].join(':'),
    npm_command: 'install',
    npm_execpath: `${inside.npm}/bin/npm-cli.js`,
    npm_node_execpath: `${inside.node}/bin/node`,
    npm_package_json: `${own}/package.json`,
  };
}

export const pathVariable = `${inside.bin}:/usr/bin:/bin`;
