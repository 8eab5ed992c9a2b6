/** Git in the sandbox: a folder of its own to write to, one remote it can reach, or none. */
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, messageOf } from '../../../core/errors.ts';
import type { Sandbox, Workspace } from '../../../core/sandbox.ts';
import type { Dial, GitAccess, GitFolder, GitRemote } from '../deps.ts';
import { openTunnel } from '../tunnel.ts';
import { gitConfig, gitEnvironment } from './config.ts';

export interface GitSandboxDeps {
  readonly sandbox: Sandbox;
  /** A base root with these Debian packages. Throws BASE_UNAVAILABLE. */
  readonly base: (packages: readonly string[]) => Promise<{ readonly path: string }>;
  readonly dial: Dial;
  readonly limits?: GitLimits;
  /** Certificates (PEM) of authorities beside those of the base; the operator's. */
  readonly authorities?: string;
  readonly ssh?: SshIdentity;
}

/** For `ssh:` sources, which the operator's recipes alone name; used for nothing else. */
export interface SshIdentity {
  readonly keyFile: string;
  /** Keys of the hosts; any other host is refused. */
  readonly knownHostsFile: string;
  /** An operator may name hosts of their own network. */
  readonly dial: Dial;
}

const gitPackages: readonly string[] = ['bzip2', 'ca-certificates', 'git', 'xz-utils'];
const sshPackages: readonly string[] = [...gitPackages, 'netcat-openbsd', 'openssh-client'];

export interface GitLimits {
  readonly memoryBytes: number;
  readonly processes: number;
  readonly cpuSeconds: number;
  readonly wallMs: number;
  readonly diskBytes: number;
  /** What may come through the tunnel, both ways. */
  readonly trafficBytes: number;
}

const gibibyte = 1024 ** 3;
export const defaultGitLimits: GitLimits = {
  memoryBytes: 2 * gibibyte,
  processes: 64,
  cpuSeconds: 900,
  wallMs: 15 * 60_000,
  diskBytes: 4 * gibibyte,
  trafficBytes: 2 * gibibyte,
};

const proxy = 'http://127.0.0.1:3128';
const inside = { folder: '/git', config: '/git-config', repository: '/source.git', ssh: '/git-ssh' } as const;

export function sandboxedGit(deps: GitSandboxDeps): GitAccess {
  return { open: (remote, signal) => openFolder(deps, remote, signal) };
}

async function openFolder(
  deps: GitSandboxDeps,
  remote: GitRemote,
  signal: AbortSignal | undefined,
): Promise<GitFolder> {
  if (remote.kind === 'ssh' && deps.ssh === undefined)
    throw new AssayError(
      'SOURCE_UNREADABLE',
      'no ssh identity is configured for sources: rebuild.sshKey and rebuild.sshKnownHosts',
    );
  if (remote.kind === 'file') await checkRepository(remote.path);
  const { sandbox, limits = defaultGitLimits } = deps;
  const base = await deps.base(remote.kind === 'ssh' ? sshPackages : gitPackages);
  const workspace = await sandbox.workspace();
  let tunnels = 0;
  try {
    const path = await workspace.folder('git');
    const configPath = await writeConfig(deps, remote, workspace, base.path);
    const sshPath = remote.kind === 'ssh' ? await writeIdentity(deps, workspace) : undefined;
    const mounts = [
      { from: path, to: inside.folder, writable: true },
      { from: configPath, to: inside.config, writable: false },
      ...(remote.kind === 'file' ? [{ from: remote.path, to: inside.repository, writable: false }] : []),
    ];
    const run = async (script: string, args: readonly string[], socketPath: string | undefined) => {
      return sandbox.run({
        root: base.path,
        // The key is there while the remote is reached, and not while git reads what came.
        mounts:
          socketPath === undefined || sshPath === undefined
            ? mounts
            : [...mounts, { from: sshPath, to: inside.ssh, writable: false }],
        command: ['/bin/sh', '-euc', script, 'sh', ...args],
        cwd: inside.folder,
        env: environment(remote),
        network: socketPath === undefined ? { kind: 'none' } : { kind: 'proxy', socketPath },
        sourceDateEpoch: 0,
        freezeClock: false,
        limits: {
          memoryBytes: limits.memoryBytes,
          processes: limits.processes,
          cpuSeconds: limits.cpuSeconds,
          wallMs: limits.wallMs,
          diskBytes: limits.diskBytes,
        },
        ...(signal === undefined ? {} : { signal }),
      });
    };
    return {
      path,
      url: remote.kind === 'file' ? `file://${inside.repository}` : remote.url,
      run: async ({ script, args, remote: reached }) => {
        if (!reached || remote.kind === 'file') return run(script, args, undefined);
        tunnels += 1;
        const socketFolder = await workspace.folder(`tunnel-${tunnels}`);
        const socketPath = join(socketFolder, 'sock');
        const { host, port } = remote;
        const tunnel = await openTunnel({
          socketPath,
          host,
          port,
          dial: remote.kind === 'ssh' ? (deps.ssh?.dial ?? deps.dial) : deps.dial,
          maxBytes: limits.trafficBytes,
        });
        try {
          await workspace.give(socketFolder);
          const end = await run(script, args, socketPath);
          const problem = tunnel.problem();
          return problem === undefined ? end : { ...end, output: `${end.output}\n${problem}` };
        } finally {
          await tunnel.close();
        }
      },
      remove: workspace.remove,
    };
  } catch (error) {
    await workspace.remove();
    throw error;
  }
}

/** Git itself would only say that there is no repository. */
async function checkRepository(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK | constants.X_OK);
  } catch {
    throw new AssayError('SOURCE_UNREADABLE', `there is no repository at ${JSON.stringify(path)}`);
  }
}

function environment(remote: GitRemote): Readonly<Record<string, string>> {
  const of = gitEnvironment(remote.kind, { config: `${inside.config}/config` });
  if (remote.kind !== 'ssh') return of;
  const options = ['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=yes', 'ForwardAgent=no'];
  const files = [`IdentityFile=${inside.ssh}/key`, `UserKnownHostsFile=${inside.ssh}/known_hosts`];
  const proxied = `ProxyCommand='nc -X connect -x 127.0.0.1:3128 %h %p'`;
  const words = [...options, ...files, proxied].map((option) => `-o ${option}`);
  return { ...of, GIT_SSH_COMMAND: `ssh -F /dev/null ${words.join(' ')}`, GIT_SSH_VARIANT: 'ssh' };
}

async function writeConfig(
  { authorities }: GitSandboxDeps,
  remote: GitRemote,
  workspace: Workspace,
  base: string,
): Promise<string> {
  const path = await workspace.folder('config');
  const own = authorities !== undefined && remote.kind === 'https';
  if (own) {
    const known = await readFile(join(base, 'etc/ssl/certs/ca-certificates.crt'), 'utf8').catch(() => '');
    await writeFile(join(path, 'authorities.pem'), `${known}\n${authorities}\n`);
  }
  const text = gitConfig({
    ...(remote.kind === 'https' ? { proxy } : {}),
    authorities: own ? `${inside.config}/authorities.pem` : undefined,
  });
  await writeFile(join(path, 'config'), text);
  await workspace.give(path);
  return path;
}

async function writeIdentity({ ssh }: GitSandboxDeps, workspace: Workspace): Promise<string | undefined> {
  if (ssh === undefined) return undefined;
  const path = await workspace.folder('ssh');
  try {
    await writeFile(join(path, 'key'), await readFile(ssh.keyFile), { mode: 0o600 });
    await writeFile(join(path, 'known_hosts'), await readFile(ssh.knownHostsFile), { mode: 0o600 });
  } catch (cause) {
    throw new AssayError('SOURCE_UNREADABLE', `the ssh identity for sources: ${messageOf(cause)}`, { cause });
  }
  await workspace.give(path);
  return path;
}
