/** Which file of which package manager holds its registry, and what must be set there. */
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import { isLoopbackHost } from '../config/addresses.ts';
import type { Surroundings } from '../config/surroundings.ts';
import type { WantedEdit } from './rc/edits.ts';
import { yamlKey } from './rc/yaml-key.ts';
import { inNeutralDirectory, runTool, toolEnv } from './run.ts';
import { readTextIfThere } from './text-file.ts';
import type { Client } from './undo-record.ts';

export interface Target {
  readonly client: Client;
  /** As the tool itself prints it. */
  readonly version: string;
  readonly file: string;
  readonly edits: readonly WantedEdit[];
}

export interface TargetInput {
  readonly client: Client;
  /** Ends with `/`. */
  readonly gate: string;
  readonly project: boolean;
  readonly around: Surroundings;
}

/** Throws PACKAGE_MANAGER_MISSING, PACKAGE_MANAGER_FAILED. */
export async function targetOf(input: TargetInput): Promise<Target> {
  const version = await ask(input, ['--version']);
  const major = Number(/^v?(\d+)\./.exec(version)?.[1] ?? Number.NaN);
  if (Number.isNaN(major))
    throw new AssayError(
      'PACKAGE_MANAGER_FAILED',
      `\`${input.client} --version\` printed ${JSON.stringify(version.slice(0, 100))}`,
    );
  const { file, edits } = await fileAndEdits(input, major);
  return { client: input.client, version, file, edits };
}

type FileAndEdits = Pick<Target, 'file' | 'edits'>;

async function fileAndEdits(input: TargetInput, major: number): Promise<FileAndEdits> {
  const { client, project, around, gate } = input;
  const npmrc: readonly WantedEdit[] = [{ place: { form: 'ini', key: 'registry' }, value: gate }];
  switch (client) {
    case 'npm':
      return {
        file: project ? join(around.cwd, '.npmrc') : await ask(input, ['config', 'get', 'userconfig']),
        edits: npmrc,
      };
    case 'pnpm':
      return project
        ? pnpmProject(input, npmrc)
        : major < 11
          ? { file: userNpmrc(input), edits: npmrc }
          : pnpmUser(input, npmrc);
    case 'yarn':
      return yarn(input, major);
    case 'bun':
      return {
        file: project
          ? join(around.cwd, 'bunfig.toml')
          : join(around.env['XDG_CONFIG_HOME'] ?? around.home, '.bunfig.toml'),
        edits: [{ place: { form: 'toml', table: 'install', key: 'registry' }, value: gate }],
      };
  }
}

function userNpmrc({ around }: TargetInput): string {
  return around.env['NPM_CONFIG_USERCONFIG'] ?? join(around.home, '.npmrc');
}

/**
 * pnpm 11 and later read, from strong to weak: `registries.default` and `registry` in the global `config.yaml`,
 * `auth.ini` beside it (where `pnpm config set registry` writes), then `~/.npmrc` (tried with 11.28 and 12.21).
 */
async function pnpmUser(input: TargetInput, npmrc: readonly WantedEdit[]): Promise<FileAndEdits> {
  const yaml = await ask(input, ['config', 'get', 'globalconfig']);
  const set = yaml.endsWith('.yaml') ? yamlRegistries(await readTextIfThere(yaml), input.gate) : [];
  return set.length > 0
    ? { file: yaml, edits: set }
    : { file: join(dirname(yaml), 'auth.ini'), edits: npmrc };
}

/** A `pnpm-workspace.yaml` that names a registry wins over the project's `.npmrc`. */
async function pnpmProject(
  { around, gate }: TargetInput,
  npmrc: readonly WantedEdit[],
): Promise<FileAndEdits> {
  const yaml = join(around.cwd, 'pnpm-workspace.yaml');
  const set = yamlRegistries(await readTextIfThere(yaml), gate);
  return set.length > 0 ? { file: yaml, edits: set } : { file: join(around.cwd, '.npmrc'), edits: npmrc };
}

function yamlRegistries(text: string | undefined, value: string): readonly WantedEdit[] {
  const places = [['registries', 'default'], ['registry']] as const;
  return places
    .filter((path) => yamlKey([...path]).read(text ?? '') !== undefined)
    .map((path) => ({ place: { form: 'yaml', path: [...path] }, value }));
}

async function yarn({ around, project, gate }: TargetInput, major: number): Promise<FileAndEdits> {
  const directory = project ? around.cwd : around.home;
  const berry = major >= 2 || (project && (await isThere(join(around.cwd, '.yarnrc.yml'))));
  if (!berry)
    return {
      file: join(directory, '.yarnrc'),
      edits: [{ place: { form: 'yarnrc', key: 'registry' }, value: gate }],
    };
  const url = new URL(gate);
  const plain = url.protocol === 'http:' && isLoopbackHost(url.hostname);
  if (url.protocol === 'http:' && !plain) {
    throw new AssayError(
      'RC_FILE_UNUSABLE',
      `Yarn refuses plain http to ${url.hostname}, and it is not loopback`,
      { hint: 'Serve the gate over https (a reverse proxy and `publicUrl`), or use its loopback address.' },
    );
  }
  const registry: WantedEdit = {
    place: { form: 'yaml', path: ['npmRegistryServer'] },
    value: gate.replace(/\/$/, ''),
  };
  const whitelist: WantedEdit = {
    place: { form: 'yaml-list', key: 'unsafeHttpWhitelist', entry: url.hostname },
    value: url.hostname,
  };
  return { file: join(directory, '.yarnrc.yml'), edits: plain ? [registry, whitelist] : [registry] };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** One line the tool prints, asked in a neutral directory. */
async function ask({ client, around }: TargetInput, args: readonly string[]): Promise<string> {
  const result = await inNeutralDirectory((cwd) =>
    runTool({ command: client, args, cwd, env: toolEnv(around.env), timeoutMs: 30_000 }),
  );
  const line = result.stdout.trim().split('\n').at(-1)?.trim() ?? '';
  if (result.code !== 0 || line === '')
    throw new AssayError(
      'PACKAGE_MANAGER_FAILED',
      `\`${client} ${args.join(' ')}\` ended with ${result.code}: ${result.stderr.slice(0, 300)}`,
    );
  return line;
}
