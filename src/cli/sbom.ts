/** `assay sbom`: a bill of materials of a project, a lockfile or a release. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { AssayError, isAssayError } from '../core/errors.ts';
import { findLockfiles } from '../server/checking/check-lockfile.ts';
import type { Settings } from '../server/config/settings.ts';
import type { Env } from '../server/config/surroundings.ts';
import type { GatewayTarget } from '../server/control/gateway-client.ts';
import {
  inventoryOfLockfile,
  inventoryOfRelease,
  type Inventory,
  type InventoryInput,
} from '../server/inventory/inventory.ts';
import { cyclonedxVersionOf, sbomFormats, sbomText, type SbomFormat } from '../server/inventory/render.ts';
import { readReleaseName } from '../server/verifying/names.ts';
import { exitCodes, load, withExamples, withGateOptions, type Context, type GateOptions } from './context.ts';
import { gateTarget, reachable } from './gate-target.ts';

interface Options extends GateOptions {
  readonly format: SbomFormat;
  readonly specVersion?: NonNullable<ReturnType<typeof cyclonedxVersionOf>>;
  readonly output?: string;
  readonly gate?: string;
  readonly offline?: boolean;
}

export function addSbom(program: Command, context: Context): void {
  const command = withGateOptions(
    program
      .command('sbom')
      .description('Write a bill of materials (SBOM) of a project, a lockfile or a release.'),
  )
    .argument(
      '[what]',
      'a lockfile, a folder with one (default: this folder), package@version, or package URL (pkg:npm/…)',
    )
    .option('--format <format>', sbomFormats.join(' or '), parseSbomFormat, 'cyclonedx')
    .option('--spec-version <version>', 'of CycloneDX: 1.6 (default) or 1.7', parseSpecVersion)
    .option('--output <file>', 'write to this file instead of stdout')
    .option('--gate <url>', 'the gate to ask (default: the configured one, where it runs)')
    .option('--offline', 'ask no gate')
    .action(async (what: string | undefined, options: Options) => sbom(context, what, options));
  withExamples(command, [
    'assay sbom > bom.json',
    'assay sbom apps/web/pnpm-lock.yaml --format spdx --output web.spdx.json',
    'assay sbom left-pad@1.3.0 --offline',
  ]).addHelpText(
    'after',
    '\nA gate that runs tells its decision, and the licence where the lockfile does not; without one each component says `not-asked`.\n' +
      'The same content at the same time makes the same bytes: the time is SOURCE_DATE_EPOCH, where that is set.\n' +
      'Exit codes: 0 written, 2 usage, 3 written without what has no name and version (listed), or the lockfile cannot be read, 4 the gate named with --gate is unreachable.\n' +
      'A token for a gate that asks for one is read from ASSAY_TOKEN.',
  );
}

function parseSbomFormat(text: string): SbomFormat {
  const format = sbomFormats.find((known) => known === text);
  if (format === undefined) throw new InvalidArgumentError(`one of ${sbomFormats.join(', ')}`);
  return format;
}

function parseSpecVersion(text: string): NonNullable<Options['specVersion']> {
  const version = cyclonedxVersionOf(text);
  if (version === undefined) throw new InvalidArgumentError('1.6 or 1.7');
  return version;
}

async function sbom(context: Context, what: string | undefined, options: Options): Promise<void> {
  const { terminal, around } = context;
  const { format, specVersion, output } = options;
  if (format === 'spdx' && specVersion !== undefined)
    throw new AssayError('USAGE_INVALID', '--spec-version is of CycloneDX; SPDX is written as 2.3');
  const { bom, leftOut } = await inventory(context, what, options);
  terminal.progress('');
  const text = sbomText(bom, format, specVersion);
  if (output === undefined) terminal.out(text.trimEnd());
  else await writeDocument(resolve(around.cwd, output), text);
  for (const key of leftOut)
    terminal.note(`left out, it has no package name and version: ${forTerminal(key, 300)}`);
  if (leftOut.length > 0) context.finish(exitCodes.unverified);
}

async function inventory(context: Context, what: string | undefined, options: Options): Promise<Inventory> {
  const { terminal, around } = context;
  const release = what === undefined ? undefined : readReleaseName(what);
  const file = release === undefined ? await onlyLockfile(around.cwd, what) : undefined;
  const { settings } = await load(context, { config: options.config, data: options.data }, 'none');
  const input: InventoryInput = {
    target: await targetOf(context, settings, options),
    settings,
    env: around.env,
    timestamp: timestampOf(around.env),
    onProgress: (done, of) => terminal.progress(`checking ${done} of ${of}`),
  };
  return release === undefined ? inventoryOfLockfile(file ?? '', input) : inventoryOfRelease(release, input);
}

/** A document is about one thing. */
async function onlyLockfile(cwd: string, named: string | undefined): Promise<string> {
  const [file, ...more] = await findLockfiles(cwd, named);
  if (file === undefined || more.length > 0)
    throw new AssayError(
      'USAGE_INVALID',
      `there are ${more.length + 1} lockfiles: name the one that is meant`,
    );
  return file;
}

/** A gate that was named must answer; the configured one is asked where it runs. */
async function targetOf(
  context: Context,
  settings: Settings,
  { gate, offline }: Options,
): Promise<GatewayTarget | undefined> {
  if (offline === true) {
    if (gate !== undefined) throw new AssayError('USAGE_INVALID', '--offline asks no gate, --gate names one');
    return undefined;
  }
  const target = await gateTarget(context, settings, gate);
  try {
    await reachable(target);
    return target;
  } catch (error) {
    if (gate !== undefined || !isAssayError(error, 'GATE_UNREACHABLE')) throw error;
    context.terminal.note('assay: no gate runs, so the document says of no component what the gate decided');
    return undefined;
  }
}

/** reproducible-builds.org, "SOURCE_DATE_EPOCH": whole seconds since 1970. Throws USAGE_INVALID. */
function timestampOf(env: Env): string {
  const epoch = env['SOURCE_DATE_EPOCH'];
  if (epoch === undefined || epoch === '') return new Date().toISOString();
  if (!/^\d{1,11}$/.test(epoch))
    throw new AssayError('USAGE_INVALID', 'SOURCE_DATE_EPOCH is no number of seconds');
  return new Date(Number(epoch) * 1000).toISOString();
}

async function writeDocument(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new AssayError('USAGE_INVALID', `${path} cannot be written`, { cause });
  }
}
