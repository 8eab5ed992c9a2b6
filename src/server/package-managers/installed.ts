/** Which package managers are on the PATH, and which registry each one uses right now. */
import { isAssayError } from '../../core/errors.ts';
import { inNeutralDirectory, runTool, toolEnv, type ToolEnv } from './run.ts';
import { clients, type Client } from './undo-record.ts';

export interface InstalledClient {
  readonly client: Client;
  readonly version: string;
  /** As the client itself says; undefined when it has no way to say it. */
  readonly registry: string | undefined;
}

/** Only those that are installed; one that fails is left out. */
export async function installedClients(env: ToolEnv): Promise<readonly InstalledClient[]> {
  const found = await Promise.all(clients.map((client) => look(client, env)));
  return found.filter((one) => one !== undefined);
}

async function look(client: Client, env: ToolEnv): Promise<InstalledClient | undefined> {
  const version = await line(client, ['--version'], env);
  if (version === undefined || !/^v?\d+\./.test(version)) return undefined;
  const berry = client === 'yarn' && Number(version.replace(/^v/, '').split('.')[0]) >= 2;
  const registry =
    client === 'bun'
      ? undefined
      : await line(client, ['config', 'get', berry ? 'npmRegistryServer' : 'registry'], env);
  return {
    client,
    version,
    registry: registry !== undefined && URL.canParse(registry) ? registry : undefined,
  };
}

async function line(client: Client, args: readonly string[], env: ToolEnv): Promise<string | undefined> {
  try {
    const result = await inNeutralDirectory((cwd) =>
      runTool({ command: client, args, cwd, env: toolEnv(env), timeoutMs: 20_000 }),
    );
    return result.code === 0 ? result.stdout.trim().split('\n').at(-1)?.trim() : undefined;
  } catch (error) {
    if (isAssayError(error)) return undefined;
    throw error;
  }
}
