/** `assay verify`: a file with its bundle, a release, or every artifact of a lockfile. */
import { basename, relative, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { sha256, type Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { readBuildProof, verifyBuild } from '../server/verifying/build.ts';
import { lockfileOf } from '../server/checking/check-lockfile.ts';
import {
  digestNamed,
  fileLimits,
  keyFrom,
  readBounded,
  readBundleFile,
  trustFrom,
  verifyFile,
  type ExpectedSigner,
} from '../server/verifying/file.ts';
import { givenGateKeys, servedGateKeys, type GateKeys } from '../server/verifying/gate-signature.ts';
import { verifyLockfile, type LockfileVerification } from '../server/verifying/lockfile.ts';
import { isLockfileName, readReleaseName, type ReleaseName } from '../server/verifying/names.ts';
import { verifyRelease } from '../server/verifying/release.ts';
import type { Step, StepResult, Verification } from '../server/verifying/steps.ts';
import {
  exitCodes,
  load,
  printJson,
  withExamples,
  withGateOptions,
  type Context,
  type GateOptions,
  parseFormat,
  type Format,
} from './context.ts';
import type { GatewayTarget } from '../server/control/gateway-client.ts';
import { givenTrust, withTrustOptions } from './ledger/trust.ts';
import { gateTarget, reachable } from './gate-target.ts';
import type { Terminal, Tone } from './terminal.ts';

interface Options extends GateOptions {
  readonly bundle?: string;
  readonly certificateIdentity?: string;
  readonly certificateOidcIssuer?: string;
  readonly key?: string;
  readonly trustedRoot?: string;
  readonly gate?: string;
  readonly build?: string;
  readonly vkey?: readonly string[];
  readonly policy?: string;
  readonly format: Format;
}

export function addVerify(program: Command, context: Context): void {
  const command = withTrustOptions(
    withGateOptions(
      program
        .command('verify')
        .description(
          'Verify signatures: of a file with its bundle, of a release, of every artifact of a lockfile, of a build.',
        ),
    ),
  )
    .argument(
      '<what>',
      'a file or sha256:<hex> (with --bundle), package@version, package URL (pkg:npm/…), or a lockfile',
    )
    .option('--bundle <file>', 'the Sigstore bundle (or the npm attestations) of the file; no gate is asked')
    .option(
      '--build <file>',
      'what `assay rebuild proof` wrote about the file, with --vkey of the log; no gate is asked',
    )
    .option(
      '--certificate-identity <subject>',
      'with --bundle: whom the certificate must name, exactly',
      text,
    )
    .option('--certificate-oidc-issuer <url>', 'with --bundle: who must vouch for that name, exactly', text)
    .option(
      '--key <file>',
      "the public key that must have signed: with --bundle the signer's, else the gate's",
    )
    .option('--trusted-root <file>', "use this trusted_root.json instead of the program's own")
    .option('--gate <url>', 'the gate to ask (default: the one that runs here, else the configured one)')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (what: string, options: Options) => verify(context, what, options));
  withExamples(command, [
    'assay verify app.tgz --bundle app.tgz.sigstore.json --certificate-identity https://git.example.com/o/r/.github/workflows/release.yml@refs/heads/main --certificate-oidc-issuer https://token.example.com',
    'assay verify sha256:9f86d0… --bundle app.sigstore.json --key signer.pem',
    'assay verify inherits-2.0.4.tgz --build inherits.json --vkey log.vkey',
    'assay verify left-pad@1.3.0',
    'assay verify pnpm-lock.yaml --key gate.pem --format json',
  ]).addHelpText(
    'after',
    '\nWith --bundle nothing is asked over the network. `assay inspect` tells whom a bundle names; whether to trust them is yours to say.\n' +
      'Exit codes: 0 verified, 1 not verified (something failed, or nothing could be verified), 2 usage, 3 a lockfile or root that cannot be read, 4 gate unreachable.\n' +
      'A token for a gate that asks for one is read from ASSAY_TOKEN.',
  );
}

function text(value: string): string {
  if (value === '' || value.length > 2048) throw new InvalidArgumentError('a name of 1 to 2048 characters');
  return value;
}

async function verify(context: Context, what: string, options: Options): Promise<void> {
  const { terminal } = context;
  if (options.bundle !== undefined) {
    finish(context, options, await verifyWithBundle(context, what, options.bundle, options));
    return;
  }
  if (options.build !== undefined) {
    finish(context, options, await verifyWithProof(context, what, options.build, options));
    return;
  }
  if (options.certificateIdentity !== undefined || options.certificateOidcIssuer !== undefined)
    throw new AssayError(
      'USAGE_INVALID',
      '--certificate-identity and --certificate-oidc-issuer need --bundle',
    );
  const release = readReleaseName(what);
  if (release !== undefined) {
    finish(context, options, await verifyNamed(context, release, options));
    return;
  }
  const path = resolve(context.around.cwd, what);
  if (!isLockfileName(basename(path)))
    throw new AssayError(
      'USAGE_INVALID',
      `${what} is neither package@version, a package URL nor a lockfile; a file is verified with its --bundle`,
    );
  const lockfile = await lockfileOf(path);
  const { target, keys } = await gateOf(context, options);
  const onProgress = (done: number, of: number): void => terminal.progress(`verifying ${done} of ${of}`);
  const found = await verifyLockfile({ lockfile, target, keys, onProgress });
  terminal.progress('');
  if (options.format === 'json') printJson(terminal, jsonOfLockfile(path, found));
  else printLockfile(terminal, relative(context.around.cwd, path), found);
  if (!found.verified) context.finish(exitCodes.violation);
}

function finish({ terminal, finish: end }: Context, { format }: Options, found: Verification): void {
  if (format === 'json') printJson(terminal, { schema: 1, ...found });
  else printSteps(terminal, found);
  if (!found.verified) end(exitCodes.violation);
}

async function verifyWithBundle(
  { around }: Context,
  what: string,
  bundleFile: string,
  options: Options,
): Promise<Verification> {
  const at = (path: string): string => resolve(around.cwd, path);
  const expected = await expectedSigner(options, at);
  const bundle = await readBundleFile(at(bundleFile));
  const trust = await trustFrom(options.trustedRoot === undefined ? undefined : at(options.trustedRoot));
  const thing = digestNamed(what) ?? {
    kind: 'bytes' as const,
    bytes: await readBounded(at(what), fileLimits.fileBytes),
  };
  return verifyFile({ about: what, thing, bundle, trust, expected, now: new Date().toISOString() });
}

async function verifyWithProof(
  context: Context,
  what: string,
  proofFile: string,
  options: Options,
): Promise<Verification> {
  const at = (path: string): string => resolve(context.around.cwd, path);
  const trust = await givenTrust(context, options);
  const bytes = await readBounded(at(proofFile), fileLimits.fileBytes);
  const proof = readBuildProof(Buffer.from(bytes).toString('utf8'), proofFile);
  const named = digestNamed(what);
  if (named !== undefined && (named.kind !== 'digest' || named.algorithm !== 'sha256'))
    throw new AssayError('USAGE_INVALID', 'with --build a file or sha256:<hex> is verified');
  const artifact =
    named === undefined ? sha256(await readBounded(at(what), fileLimits.fileBytes)) : (named.hex as Sha256);
  return verifyBuild({ about: `${proof.purl} (${what})`, artifact, proof, trust });
}

/** A signature by nobody in particular proves nothing: whom to expect must be said. */
async function expectedSigner(options: Options, at: (path: string) => string): Promise<ExpectedSigner> {
  const { certificateIdentity: subject, certificateOidcIssuer: issuer, key } = options;
  if (key !== undefined && subject === undefined && issuer === undefined) return keyFrom(at(key));
  if (key === undefined && subject !== undefined && issuer !== undefined)
    return { kind: 'certificate', subject, issuer };
  throw new AssayError(
    'USAGE_INVALID',
    'say whom the signer must be: --certificate-identity and --certificate-oidc-issuer, or --key',
    { hint: '`assay inspect` tells whom the bundle names; whether that is whom you trust is yours to say.' },
  );
}

async function verifyNamed(context: Context, release: ReleaseName, options: Options): Promise<Verification> {
  const root = options.trustedRoot;
  const trust = await trustFrom(root === undefined ? undefined : resolve(context.around.cwd, root));
  const { target, keys, identityHost } = await gateOf(context, options);
  const now = new Date().toISOString();
  return verifyRelease({ ...release, target, keys, trust, identityHost: identityHost(release.name), now });
}

interface AskedGate {
  readonly target: GatewayTarget;
  readonly keys: GateKeys;
  readonly identityHost: (name: string) => string | undefined;
}

async function gateOf(context: Context, options: Options): Promise<AskedGate> {
  const flags = { config: options.config, data: options.data };
  // The upstreams say whose keys count; a machine without them still asks a gate.
  const { settings } = await load(context, flags, 'look').catch(() => load(context, flags, 'none'));
  const target = await gateTarget(context, settings, options.gate);
  await reachable(target);
  const keys =
    options.key === undefined
      ? await servedGateKeys(target)
      : await givenGateKeys(resolve(context.around.cwd, options.key));
  return {
    target,
    keys,
    identityHost: (name) => {
      const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : '';
      const own = settings.upstreams.find(({ scopes }) => scopes.includes(scope));
      return (own ?? settings.upstreams.find(({ scopes }) => scopes.length === 0))?.identityHost;
    },
  };
}

const words: Readonly<Record<StepResult, readonly [string, Tone]>> = {
  passed: ['passed', 'good'],
  failed: ['FAILED', 'bad'],
  doubtful: ['doubtful', 'warn'],
  'not-available': ['not available', 'dim'],
  'not-checked': ['NOT CHECKED', 'warn'],
};

function stepLine(terminal: Terminal, { name, result, text: said }: Step): string {
  const [word, tone] = words[result];
  return `  ${terminal.paint(tone, word.padEnd(13))} ${forTerminal(name, 40).padEnd(20)} ${forTerminal(said, 1000)}`;
}

function printSteps(terminal: Terminal, { about, verified, steps }: Verification): void {
  terminal.out(
    `${verified ? terminal.paint('good', 'VERIFIED') : terminal.paint('bad', 'NOT VERIFIED')}  ${forTerminal(about, 300)}`,
  );
  for (const step of steps) terminal.out(stepLine(terminal, step));
}

function printLockfile(
  terminal: Terminal,
  file: string,
  { checked, local, verified }: LockfileVerification,
): void {
  const passed = checked.filter(({ step }) => step.result === 'passed').length;
  terminal.out(
    `${verified ? terminal.paint('good', 'VERIFIED') : terminal.paint('bad', 'NOT VERIFIED')}  ${forTerminal(file, 300)}: ${passed} of ${checked.length} artifacts approved by the gate${local === 0 ? '' : `, ${local} local`}`,
  );
  if (checked.length === 0) terminal.out('  Nothing was verified: no artifact in it comes from a registry.');
  for (const { entry, step } of checked) {
    if (step.result === 'passed') continue;
    const about = entry.version === undefined ? entry.key : `${entry.name}@${entry.version}`;
    terminal.out(stepLine(terminal, { ...step, name: about }));
  }
}

function jsonOfLockfile(path: string, { checked, local, verified }: LockfileVerification): unknown {
  return {
    schema: 1,
    about: path,
    verified,
    local,
    artifacts: checked.map(({ entry, step }) => ({
      name: entry.name,
      version: entry.version ?? null,
      key: entry.key,
      result: step.result,
      text: step.text,
    })),
  };
}
