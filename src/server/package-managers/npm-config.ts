/** What npm on this machine is configured with: the registry, scoped registries, and where their credentials are. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { isJsonObject, ownString, ownStrings, type JsonObject } from '../../core/json.ts';
import { findCredentials, readNpmrc, type CredentialReference } from './npmrc.ts';
import { inNeutralDirectory, runTool, toolEnv, type ToolEnv } from './run.ts';

export interface MachineRegistry {
  /** Ends with `/`. */
  readonly url: string;
  /** `@corp`; undefined for the registry everything else comes from. */
  readonly scope: string | undefined;
  readonly credentials: CredentialReference | undefined;
}

export interface MachineRegistries {
  readonly main: MachineRegistry;
  /** npm's own built-in default is in force: nobody on this machine set a registry. */
  readonly mainIsDefault: boolean;
  readonly scoped: readonly MachineRegistry[];
  readonly caFile: string | undefined;
  readonly userConfig: string | undefined;
}

const timeoutMs = 20_000;
const maxScopes = 200;

/** Throws UPSTREAM_NOT_CONFIGURED when npm is missing or names nothing usable, PACKAGE_MANAGER_FAILED when it fails. */
export async function machineRegistries(env: ToolEnv): Promise<MachineRegistries> {
  const [config, builtIn] = await Promise.all([npmConfig(env), builtInRegistry(env)]);
  const files = [ownString(config, 'userconfig'), ownString(config, 'globalconfig')].filter(
    (file) => file !== undefined,
  );
  const rcs = await Promise.all(
    files.map(async (file) => ({ file, entries: readNpmrc(await textOf(file)) })),
  );
  const credentialsOf = (url: string): CredentialReference | undefined =>
    rcs.map((rc) => findCredentials(url, rc.file, rc.entries)).find((found) => found !== undefined);
  const main = registryUrl(ownString(config, 'registry'));
  if (main === undefined)
    throw new AssayError('UPSTREAM_NOT_CONFIGURED', '`npm config get registry` names no http or https URL');
  const scoped = [...ownStrings(config)]
    .filter(([key]) => /^@[^/:\s]{1,213}:registry$/.test(key))
    .slice(0, maxScopes)
    .flatMap(([key, value]) => {
      const url = registryUrl(value);
      return url === undefined
        ? []
        : [{ url, scope: key.slice(0, -':registry'.length), credentials: credentialsOf(url) }];
    });
  return {
    main: { url: main, scope: undefined, credentials: credentialsOf(main) },
    mainIsDefault: main === builtIn,
    scoped,
    caFile: ownString(config, 'cafile'),
    userConfig: ownString(config, 'userconfig'),
  };
}

/** The registry npm uses when no file and no variable names one. The only way to know it: it is never written down here. */
export async function builtInRegistry(env: ToolEnv): Promise<string | undefined> {
  return inNeutralDirectory(async (cwd) => {
    const clean = Object.fromEntries(
      Object.entries(toolEnv(env)).filter(([name]) => !/^npm_config_/i.test(name)),
    );
    const args = [
      'config',
      'get',
      'registry',
      `--userconfig=${join(cwd, 'none-user')}`,
      `--globalconfig=${join(cwd, 'none-global')}`,
    ];
    const result = await npm(args, cwd, clean);
    return registryUrl(result.trim());
  });
}

async function npmConfig(env: ToolEnv): Promise<JsonObject> {
  const text = await inNeutralDirectory((cwd) => npm(['config', 'ls', '--json'], cwd, toolEnv(env)));
  try {
    const parsed: unknown = JSON.parse(text);
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Falls through to the one error below.
  }
  throw new AssayError('PACKAGE_MANAGER_FAILED', '`npm config ls --json` printed no JSON object');
}

async function npm(args: readonly string[], cwd: string, env: ToolEnv): Promise<string> {
  try {
    const result = await runTool({ command: 'npm', args, cwd, env, timeoutMs });
    if (result.code === 0) return result.stdout;
    throw new AssayError(
      'PACKAGE_MANAGER_FAILED',
      `\`npm ${args.join(' ')}\` ended with ${result.code}: ${result.stderr.slice(0, 500)}`,
    );
  } catch (error) {
    if (!isAssayError(error, 'PACKAGE_MANAGER_MISSING')) throw error;
    throw new AssayError(
      'UPSTREAM_NOT_CONFIGURED',
      'no upstream is configured, and npm, which would be asked for one, is not on the PATH',
      { cause: error },
    );
  }
}

function registryUrl(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.username !== '' || url.password !== '')
    return undefined;
  return `${url.origin}${url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`}`;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    // npm itself reads a missing or closed file as an empty one.
    return '';
  }
}
