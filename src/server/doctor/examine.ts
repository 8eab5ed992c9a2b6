/** Looks at this machine and says what stands between it and a working gate. */
import { access, constants, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { AssayError, messageOf } from '../../core/errors.ts';
import { isOwnAddress, localUrl } from '../config/addresses.ts';
import type { Settings } from '../config/settings.ts';
import type { Surroundings } from '../config/surroundings.ts';
import { gateHealth } from '../control/gateway-client.ts';
import { runningChannelUrl, runningUrl } from '../control/running-url.ts';
import { controlSocketPath } from '../control/socket-path.ts';
import { findLockfiles } from '../checking/check-lockfile.ts';
import { installedClients, type InstalledClient } from '../package-managers/installed.ts';
import { feedFindings } from './feeds.ts';
import type { Finding } from './finding.ts';
import { nodeFinding } from './node-version.ts';
import { sandboxFindings } from './sandbox.ts';
import { trustFindings } from './trust.ts';

export interface ExamineInput {
  readonly around: Surroundings;
  readonly settings: Settings;
  /** Why the upstreams could not be settled; undefined when they are in `settings`. */
  readonly upstreamProblem: unknown;
  readonly nodeVersion: string;
}

export async function examine(input: ExamineInput): Promise<readonly Finding[]> {
  const { around, settings } = input;
  const installed = await installedClients(around.env);
  const running = await gateFinding(settings, around);
  return [
    nodeFinding(input.nodeVersion),
    npmFinding(installed),
    await dataFinding(settings),
    running,
    ...(running.state === 'good' ? await channelFinding(settings) : [await portFinding(settings)]),
    upstreamFinding(input),
    ...(await trustFindings(settings)),
    ...(await feedFindings(settings)),
    ...(await sandboxFindings(settings)),
    ...installed.map((one) => clientFinding(one, settings)),
    ...(await lockfileFinding(around)),
  ];
}

function good(about: string, message: string): Finding {
  return { state: 'good', about, message, remedy: '' };
}

function npmFinding(installed: readonly InstalledClient[]): Finding {
  const npm = installed.find((one) => one.client === 'npm');
  if (npm !== undefined) return good('npm', `npm ${npm.version}`);
  return {
    state: 'warning',
    about: 'npm',
    message: 'npm is not on the PATH, or does not run',
    remedy: 'Install npm, or configure `upstreams.npm.url`: without npm nothing else names the upstream.',
  };
}

async function dataFinding({ dataDirectory }: Settings): Promise<Finding> {
  const about = 'data';
  try {
    controlSocketPath(dataDirectory);
    const info = await stat(dataDirectory);
    if (!info.isDirectory())
      return {
        state: 'bad',
        about,
        message: `${dataDirectory} is no directory`,
        remedy: 'Choose another (ASSAY_DATA).',
      };
    await access(dataDirectory, constants.R_OK | constants.W_OK | constants.X_OK);
    if ((info.mode & 0o077) !== 0) {
      return {
        state: 'bad',
        about,
        message: `${dataDirectory} is open to other users (mode ${(info.mode & 0o777).toString(8)})`,
        remedy: `chmod 700 ${dataDirectory}`,
      };
    }
    return good(about, `${dataDirectory}, closed to others`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return good(about, `${dataDirectory} is made at the first start`);
    const remedy =
      error instanceof AssayError
        ? error.hint
        : 'Make it yours and writable, or choose another (ASSAY_DATA).';
    return { state: 'bad', about, message: messageOf(error), remedy };
  }
}

async function gateFinding(settings: Settings, around: Surroundings): Promise<Finding> {
  const url = await runningUrl(settings);
  try {
    const health = await gateHealth({ url, token: around.env['ASSAY_TOKEN'] });
    if (health.ready) return good('gate', `Assay ${health.version} answers at ${url}`);
    return {
      state: 'bad',
      about: 'gate',
      message: `the gate at ${url} is not ready: ${health.problems.join('; ')}`,
      remedy: 'See its log, and `assay status`.',
    };
  } catch (error) {
    return { state: 'warning', about: 'gate', message: messageOf(error), remedy: 'Start it: `assay serve`.' };
  }
}

/** Of a gate that runs; a channel that nobody wanted is no finding. */
async function channelFinding(settings: Settings): Promise<readonly Finding[]> {
  if (!settings.secureChannel.enabled) return [];
  const about = 'secure';
  try {
    const url = await runningChannelUrl(settings);
    await gateHealth({ url, token: undefined });
    return [
      good(about, `the Secure channel is open at ${url}: ${servedWords[settings.secureChannel.serve]}`),
    ];
  } catch (error) {
    const remedy = 'Free its port, or choose another (ASSAY_SECURE_PORT); `assay status` says why.';
    return [{ state: 'warning', about, message: messageOf(error), remedy }];
  }
}

const servedWords = {
  secure: 'only what is Secure',
  built: 'what was built here, also what differs from upstream',
} as const;

async function portFinding(settings: Settings): Promise<Finding> {
  const url = new URL(localUrl(settings));
  const held = await new Promise<boolean>((resolve) => {
    const socket = connect({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: settings.port,
      timeout: 2000,
    });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
  if (!held) return good('port', `${settings.port} is free`);
  return {
    state: 'bad',
    about: 'port',
    message: `port ${settings.port} is held by something that is no gate`,
    remedy: 'Stop it, or choose another port (ASSAY_PORT).',
  };
}

function upstreamFinding({ settings, upstreamProblem }: ExamineInput): Finding {
  if (upstreamProblem !== undefined) {
    return {
      state: 'bad',
      about: 'upstream',
      message: messageOf(upstreamProblem),
      remedy: upstreamProblem instanceof AssayError ? upstreamProblem.hint : '',
    };
  }
  const list = settings.upstreams.map((one) => `${one.id} ${one.url}`).join(', ');
  return good('upstream', list);
}

function clientFinding({ client, version, registry }: InstalledClient, settings: Settings): Finding {
  const about = client;
  if (registry === undefined)
    return good(about, `${version}; it cannot be asked for its registry: \`assay use ${client}\` proves it`);
  if (isOwnAddress(registry, settings)) return good(about, `${version}, takes packages from the gate`);
  return {
    state: 'warning',
    about,
    message: `${version} takes packages from ${registry}, past the gate`,
    remedy: `assay use ${client}`,
  };
}

async function lockfileFinding(around: Surroundings): Promise<readonly Finding[]> {
  const found = await findLockfiles(around.cwd, undefined).catch(() => []);
  return found.slice(0, 5).map((file) => ({
    ...good('lockfile', `${file}: \`assay check\` finds what in it would bypass the gate`),
  }));
}
