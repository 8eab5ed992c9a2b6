/**
 * The proof at the end of `assay use`: the real client, in a directory of its own and with empty caches, installs
 * one good package and is refused the bait.
 */
import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isJsonObject, ownString } from '../../core/json.ts';
import type { Surroundings } from '../config/surroundings.ts';
import { inNeutralDirectory, runTool, toolEnv, type ToolResult } from './run.ts';
import type { Client } from './undo-record.ts';

export const baitSpec = '@assay/bait@1.0.0';

export interface SelfTestInput {
  readonly client: Client;
  readonly version: string;
  /** `name@version` of the package that must install; undefined: none is known that would. */
  readonly good: string | undefined;
  /** A rc file of the project to test with; undefined when the user's own is in force. */
  readonly projectFile: string | undefined;
  readonly around: Surroundings;
}

export interface SelfTestStep {
  readonly spec: string;
  /** `installed`: it is in node_modules. `refused`: the client failed and says 403. `failed`: anything else. */
  readonly outcome: 'installed' | 'refused' | 'failed';
  /** What the client printed. Hostile: encode it. */
  readonly output: string;
}

export interface SelfTest {
  readonly good: SelfTestStep | undefined;
  readonly bait: SelfTestStep;
}

export async function selfTest(input: SelfTestInput): Promise<SelfTest> {
  const { good } = input;
  return {
    good: good === undefined ? undefined : await tryInstall(input, good),
    bait: await tryInstall(input, baitSpec),
  };
}

async function tryInstall(input: SelfTestInput, spec: string): Promise<SelfTestStep> {
  return inNeutralDirectory(async (cwd) => {
    if (input.projectFile !== undefined)
      await copyFile(input.projectFile, join(cwd, basename(input.projectFile)));
    const { args, env } = installCommand(
      input.client,
      Number(input.version.replace(/^v/, '').split('.')[0]),
      spec,
      cwd,
    );
    const result = await runTool({
      command: input.client,
      args,
      cwd,
      env: { ...toolEnv(input.around.env), ...env },
      timeoutMs: 180_000,
    });
    const output = `${result.stdout}\n${result.stderr}`.replace(/\n{2,}/g, '\n').trim();
    return { spec, outcome: await outcomeOf(cwd, spec, result, output), output };
  });
}

async function outcomeOf(
  cwd: string,
  spec: string,
  result: ToolResult,
  output: string,
): Promise<SelfTestStep['outcome']> {
  const name = spec.slice(0, spec.lastIndexOf('@'));
  const there = await installedName(join(cwd, 'node_modules', name, 'package.json'));
  if (there === name) return 'installed';
  return result.code !== 0 && /\b403\b/.test(output) ? 'refused' : 'failed';
}

async function installedName(manifest: string): Promise<string | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(manifest, 'utf8'));
    return isJsonObject(parsed) ? ownString(parsed, 'name') : undefined;
  } catch {
    return undefined;
  }
}

interface InstallCommand {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** No scripts, and caches inside the directory: bytes from a cache would prove nothing. */
function installCommand(client: Client, major: number, spec: string, cwd: string): InstallCommand {
  const cache = join(cwd, '.cache');
  switch (client) {
    case 'npm':
      return {
        args: [
          'install',
          spec,
          '--ignore-scripts',
          '--no-audit',
          '--no-fund',
          '--no-update-notifier',
          '--fetch-retries=0',
          `--cache=${cache}`,
        ],
        env: {},
      };
    case 'pnpm':
      return {
        args: [
          'add',
          spec,
          '--ignore-scripts',
          `--store-dir=${cache}`,
          `--config.cache-dir=${join(cwd, '.meta')}`,
          '--config.fetch-retries=0',
        ],
        env: { CI: 'true' },
      };
    case 'yarn':
      return major < 2
        ? {
            args: [
              'add',
              spec,
              '--ignore-scripts',
              '--non-interactive',
              '--no-lockfile',
              `--cache-folder=${cache}`,
            ],
            env: {},
          }
        : {
            args: ['add', spec, '--mode=skip-build'],
            env: {
              YARN_NODE_LINKER: 'node-modules',
              YARN_GLOBAL_FOLDER: cache,
              YARN_ENABLE_GLOBAL_CACHE: 'false',
              YARN_ENABLE_TELEMETRY: '0',
              YARN_HTTP_RETRY: '0',
              YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
            },
          };
    case 'bun':
      return { args: ['add', spec, '--ignore-scripts', `--cache-dir=${cache}`], env: {} };
  }
}
