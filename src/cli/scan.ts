/** `assay scan`: what static scanning and a feed say of a tarball, a folder, a release or a lockfile. No gate is asked. */
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { severities, type Severity } from '../core/advisory.ts';
import { AssayError, isAssayError } from '../core/errors.ts';
import { lockfileOf } from '../server/checking/check-lockfile.ts';
import { readNamedFeed, type NamedFeed } from '../server/scanning/feed.ts';
import { openLocalScan, type LocalScan, type ScannedPackage } from '../server/scanning/scan-local.ts';
import { documentText, sarifOf, scansJson } from '../server/scanning/documents.ts';
import { isLockfileName, readReleaseName } from '../server/verifying/names.ts';
import { exitCodes, load, withExamples, withGateOptions } from './context.ts';
import type { Context, ExitCode, GateOptions } from './context.ts';
import { printScans } from './scan-lines.ts';

const scanFormats = ['table', 'json', 'sarif'] as const;
type ScanFormat = (typeof scanFormats)[number];
type FailOn = Exclude<Severity, 'unknown' | 'none'> | 'never';

interface Options extends GateOptions {
  readonly feed?: string;
  readonly epss?: string;
  readonly kev?: string;
  readonly format: ScanFormat;
  readonly failOn: FailOn;
}

const failOns: readonly FailOn[] = ['low', 'medium', 'high', 'critical', 'never'];

export function addScan(program: Command, context: Context): void {
  const command = withGateOptions(
    program
      .command('scan')
      .description(
        'Scan a tarball, a folder, a release or all of a lockfile for malware, secrets and known advisories.',
      ),
  )
    .argument('<what>', 'a tarball, folder or lockfile, package@version, or package URL (pkg:npm/…)')
    .option('--feed <all.zip>', 'advisories for npm in the form that OSV publishes')
    .option('--epss <file>', 'EPSS scores for --feed (CSV, also packed by gzip)')
    .option('--kev <file>', 'known exploited vulnerabilities for --feed (JSON)')
    .option('--format <format>', scanFormats.join(', '), oneOf(scanFormats), 'table')
    .option(
      '--fail-on <severity>',
      `exit 1 from this severity on: ${failOns.join(', ')}`,
      oneOf(failOns),
      'high',
    )
    .action(async (what: string, options: Options) => scan(context, what, options));
  withExamples(command, [
    'assay scan ./left-pad-1.3.0.tgz',
    'assay scan . --format sarif > scan.sarif',
    'assay scan package-lock.json --feed all.zip --fail-on critical',
    'assay scan package-lock.json --feed all.zip --epss epss_scores.csv.gz --kev known_exploited_vulnerabilities.json',
  ]).addHelpText(
    'after',
    '\nNothing is executed, nothing is recorded and no gate is asked; releases come from the configured upstream.\n' +
      'Without --feed nothing is said of known vulnerabilities, without --epss and --kev not how likely they are used: `not checked` is no pass.\n' +
      'Exit codes: 0 scanned, nothing from --fail-on on, 1 something was found, 2 usage, 3 something could not be scanned.',
  );
}

function oneOf<T extends string>(known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((one) => one === text);
    if (found === undefined) throw new InvalidArgumentError(`one of ${known.join(', ')}`);
    return found;
  };
}

async function scan(context: Context, what: string, options: Options): Promise<void> {
  const { terminal, around } = context;
  const { config, data, format, failOn } = options;
  const release = readReleaseName(what);
  const path = resolve(around.cwd, what);
  const isLockfile = release === undefined && isLockfileName(path.split(/[/\\]/).at(-1) ?? '');
  const needsUpstream = release !== undefined || isLockfile;
  const { settings } = await load(context, { config, data }, needsUpstream ? 'look' : 'none');
  const named = await namedFeed(around.cwd, options);
  const local = await openLocalScan({
    settings,
    advisories: named?.advisories,
    readable: needsUpstream ? [] : [path],
  });
  try {
    const scans =
      release !== undefined
        ? [await local.release(release)]
        : isLockfile
          ? await scanLocked(context, local, path)
          : [await local.path(path)];
    terminal.progress('');
    if (format === 'json') terminal.out(documentText(scansJson(scans, named)).trimEnd());
    else if (format === 'sarif') terminal.out(documentText(sarifOf(scans, what, named)).trimEnd());
    else printScans(terminal, scans, named);
    context.finish(exitCodeOf(scans, failOn));
  } finally {
    await local.close();
  }
}

/** Scores and exploits are about CVEs, which only a feed connects with packages. */
async function namedFeed(
  cwd: string,
  { feed, epss, kev }: Pick<Options, 'feed' | 'epss' | 'kev'>,
): Promise<NamedFeed | undefined> {
  if (feed === undefined && (epss !== undefined || kev !== undefined))
    throw new AssayError('USAGE_INVALID', '--epss and --kev are joined to advisories: name them with --feed');
  const place = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : resolve(cwd, file);
  return feed === undefined
    ? undefined
    : readNamedFeed({ feed: resolve(cwd, feed), epss: place(epss), kev: place(kev) });
}

const together = 4;

type LockedEntry = Awaited<ReturnType<typeof lockfileOf>>['entries'][number];

/** Every release of the lockfile, each once, with the bytes that are locked; what no registry serves is told as not scanned. */
async function scanLocked(
  { terminal }: Context,
  local: LocalScan,
  path: string,
): Promise<readonly ScannedPackage[]> {
  const { entries } = await lockfileOf(path);
  const distinct = new Map(
    entries
      .filter(({ source }) => source !== 'local')
      .map((entry) => [
        entry.source === 'registry' ? `${entry.name}@${entry.version} ${entry.integrity}` : entry.key,
        entry,
      ]),
  );
  const waiting = [...distinct.values()];
  const done: ScannedPackage[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      done.push(await scanOne(local, next));
      terminal.progress(`scanned ${done.length} of ${distinct.size}`);
    }
  };
  await Promise.all(Array.from({ length: together }, work));
  return done.sort((a, b) => (a.asked < b.asked ? -1 : 1));
}

/** One that cannot be had is told among the others. */
async function scanOne(
  local: LocalScan,
  { source, key, name, version, integrity }: LockedEntry,
): Promise<ScannedPackage> {
  if (source !== 'registry' || version === undefined)
    return notScanned(key, 'SCAN_NOT_FOUND', 'it comes from no registry, and is not fetched');
  try {
    return await local.release({ name, version }, integrity);
  } catch (error) {
    if (!isAssayError(error)) throw error;
    return notScanned(`${name}@${version}`, error.code, error.message);
  }
}

function notScanned(asked: string, code: string, message: string): ScannedPackage {
  const scan = { state: 'failed', code, message } as const;
  return { asked, name: undefined, version: undefined, scan, advisories: undefined, currency: undefined };
}

/** What was found speaks louder than what could not be scanned; nothing scanned is never a pass. */
function exitCodeOf(scans: readonly ScannedPackage[], failOn: FailOn): ExitCode {
  const from = failOn === 'never' ? severities.length : severities.indexOf(failOn);
  const isGrave = (severity: Severity): boolean => severities.indexOf(severity) >= from;
  const isFound = scans.some(
    ({ scan: outcome, advisories = [] }) =>
      (outcome.state === 'scanned' && outcome.report.findings.some(({ severity }) => isGrave(severity))) ||
      advisories.some(({ severity, malicious }) => (malicious && failOn !== 'never') || isGrave(severity)),
  );
  if (isFound) return exitCodes.violation;
  const isWhole = scans.length > 0 && scans.every(({ scan: outcome }) => outcome.state === 'scanned');
  return isWhole ? exitCodes.pass : exitCodes.unverified;
}
