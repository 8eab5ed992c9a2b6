/**
 * What git is told, wherever it runs: nothing of the machine's or a user's configuration, one transport, no hooks, no
 * credentials, no submodules, no helpers. Repositories' own configuration is never the one in force: they are fetched
 * into a fresh one.
 */
import type { GitRemote } from '../deps.ts';

export interface GitPlaces {
  /** File of `gitConfig`, where git runs. */
  readonly config: string;
  /** Certificates of the authorities that https hosts are checked by; undefined: the base's own. */
  readonly authorities?: string | undefined;
}

export function gitEnvironment(
  kind: GitRemote['kind'],
  { config }: GitPlaces,
): Readonly<Record<string, string>> {
  return {
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: config,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_ALLOW_PROTOCOL: kind,
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_GRAFT_FILE: '/dev/null',
    GIT_PAGER: 'cat',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  };
}

export function gitConfig({
  proxy,
  authorities,
}: {
  readonly proxy?: string;
  readonly authorities?: string | undefined;
}): string {
  const lines = [
    '[core]',
    'hooksPath = /dev/null',
    'fsmonitor = false',
    'attributesFile = /dev/null',
    'excludesFile = /dev/null',
    'askPass = /bin/false',
    '[init]',
    'templateDir =',
    'defaultBranch = main',
    '[credential]',
    'helper =',
    '[gc]',
    'auto = 0',
    '[maintenance]',
    'auto = false',
    '[fetch]',
    'recurseSubmodules = false',
    // Kept as one pack: a hundred thousand loose objects would be as many files.
    'unpackLimit = 1',
    '[submodule]',
    'recurse = false',
    '[transfer]',
    'bundleURI = false',
    '[uploadpack]',
    'allowAnySHA1InWant = true',
    '[safe]',
    'directory = *',
    '[pack]',
    'threads = 1',
    '[log]',
    'showSignature = false',
    '[http]',
    // A repository that moved is another one until somebody says so.
    'followRedirects = false',
    'lowSpeedLimit = 1000',
    'lowSpeedTime = 60',
    ...(proxy === undefined ? [] : [`proxy = ${proxy}`]),
    ...(authorities === undefined ? [] : [`sslCAInfo = ${authorities}`]),
  ];
  return `${lines.join('\n')}\n`;
}
