/** `assay check`: every artifact a lockfile locks, against the gate. */
import { relative } from 'node:path';
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { results, type Result } from '../core/evidence.ts';
import {
  checkLockfile,
  findLockfiles,
  type CheckedEntry,
  type LockfileCheck,
} from '../server/checking/check-lockfile.ts';
import { currencyOfCheck } from '../server/checking/currency.ts';
import {
  exitCodes,
  load,
  parseFormat,
  printJson,
  withExamples,
  withGateOptions,
  type Context,
  type ExitCode,
  type Format,
  type GateOptions,
} from './context.ts';
import { gateTarget, reachable } from './gate-target.ts';
import type { Terminal, Tone } from './terminal.ts';

type Options = GateOptions & { readonly format: Format; readonly gate?: string };

export function addCheck(program: Command, context: Context): void {
  const command = withGateOptions(
    program
      .command('check')
      .description('Check every artifact of a lockfile against the gate; find what would bypass it.'),
  )
    .argument(
      '[lockfile]',
      'a lockfile, a folder with one, or a bill of materials (default: the lockfiles in this folder)',
    )
    .option('--gate <url>', 'the gate to ask (default: the one that runs here, else the configured one)')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (named: string | undefined, options: Options) => check(context, named, options));
  withExamples(command, [
    'assay check',
    'assay check apps/web/pnpm-lock.yaml',
    'assay check --gate https://assay.example.com/ --format json',
  ]).addHelpText(
    'after',
    '\nReads package-lock.json and npm-shrinkwrap.json (2, 3), pnpm-lock.yaml (6, 9), yarn.lock (Yarn 1 and Berry) and bun.lock;\n' +
      'and bills of materials as JSON: CycloneDX 1.4 to 1.7, SPDX 2.2 and 2.3.\n' +
      'Exit codes: 0 all passed, 1 a violation (blocked, held, bypass, other bytes), 3 something could not be checked or there was nothing to check, 4 gate unreachable.\n' +
      'A token for a gate that asks for one is read from ASSAY_TOKEN.',
  );
}

async function check(context: Context, named: string | undefined, options: Options): Promise<void> {
  const { terminal, around } = context;
  const files = await findLockfiles(around.cwd, named);
  const { settings } = await load(context, { config: options.config, data: options.data }, 'none');
  const target = await gateTarget(context, settings, options.gate);
  await reachable(target);
  const checks: LockfileCheck[] = [];
  for (const file of files) {
    const onProgress = (done: number, of: number): void => terminal.progress(`checking ${done} of ${of}`);
    checks.push(await checkLockfile({ file, target, settings, env: around.env, onProgress }));
    terminal.progress('');
  }
  if (options.format === 'json') printJson(terminal, checks.map(jsonOf));
  else for (const one of checks) printTable(terminal, one, relative(around.cwd, one.file));
  context.finish(exitCodeFor(checks));
}

/** Violations speak louder than what could not be checked; nothing checked is never a pass. */
function exitCodeFor(checks: readonly LockfileCheck[]): ExitCode {
  const sum = (outcome: CheckedEntry['outcome']): number =>
    checks.reduce((total, one) => total + one.counts[outcome], 0);
  if (sum('block') + sum('hold') + sum('mismatch') + sum('bypass') > 0) return exitCodes.violation;
  return sum('not-checked') > 0 || sum('allow') === 0 ? exitCodes.unverified : exitCodes.pass;
}

const lines: readonly (readonly [CheckedEntry['outcome'], string, Tone, string])[] = [
  ['allow', 'allowed', 'good', 'known to the gate, bytes and decision on record'],
  ['local', 'local', 'dim', 'workspaces, links, local files: no registry is asked'],
  ['hold', 'held', 'warn', 'not now'],
  ['block', 'blocked', 'bad', 'refused by policy'],
  ['mismatch', 'other bytes', 'bad', 'the lockfile names other bytes than the gate'],
  ['bypass', 'bypass', 'bad', 'would be fetched past the gate'],
  ['not-checked', 'NOT CHECKED', 'warn', 'could not be checked: does not count as passed'],
];

function printTable(terminal: Terminal, check: LockfileCheck, file: string): void {
  terminal.out(
    `${forTerminal(file)}: ${check.checked.length} ${check.checked.length === 1 ? 'artifact' : 'artifacts'} (${check.lockfile.format} ${forTerminal(check.lockfile.version)})`,
  );
  for (const [outcome, title, tone, meaning] of lines) {
    const count = check.counts[outcome];
    if (count > 0)
      terminal.out(`  ${terminal.paint(tone, title.padEnd(12))} ${String(count).padStart(6)}  ${meaning}`);
  }
  for (const line of verifiedLines(check)) terminal.out(line);
  terminal.out(`  ${currencyOfCheck(check).line}`);
  const troubles = check.checked.filter(({ outcome }) => outcome !== 'allow' && outcome !== 'local');
  for (const trouble of troubles) printTrouble(terminal, trouble);
  if (check.counts.allow === 0 && troubles.length === 0)
    terminal.out('  Nothing was verified: no artifact in it comes from a registry.');
}

const publicationTitles = [
  ['signatures', 'registry signature'],
  ['provenance', 'provenance'],
  ['expectations', 'expectations'],
] as const;

const resultWords: Readonly<Record<Result, string>> = {
  pass: 'verified',
  fail: 'wrong',
  warn: 'doubtful',
  'not-available': 'nothing to verify',
  'not-checked': 'not checked',
  error: 'failed to check',
};

/** How many are verified, and how many are not, by each check of their publication: a count for each result that occurs. */
function verifiedLines(check: LockfileCheck): readonly string[] {
  const assessed = check.checked.flatMap(({ result }) => result?.verified ?? []);
  if (assessed.length === 0) return [];
  return publicationTitles.map(([kind, title]) => {
    const counts = results.flatMap((result) => {
      const count = assessed.filter((one) => one[kind] === result).length;
      return count === 0 ? [] : [`${count} ${resultWords[result]}`];
    });
    return `  ${title.padEnd(19)} ${counts.join(', ')}`;
  });
}

function printTrouble(terminal: Terminal, { entry, outcome, why, remedy, result }: CheckedEntry): void {
  const title = lines.find(([known]) => known === outcome)?.[1] ?? outcome;
  terminal.out(
    `${title.padEnd(12)} ${forTerminal(entry.version === undefined ? entry.key : `${entry.name}@${entry.version}`, 200)}`,
  );
  if (why !== '') terminal.out(`  why   ${forTerminal(why, 1000)}`);
  if (remedy !== '') terminal.out(`  to do ${forTerminal(remedy, 1000)}`);
  if (result?.caseUrl !== undefined) terminal.out(`  case  ${forTerminal(result.caseUrl, 300)}`);
}

function jsonOf(check: LockfileCheck): unknown {
  return {
    schema: 1,
    lockfile: check.file,
    format: check.lockfile.format,
    lockfileVersion: check.lockfile.version,
    counts: check.counts,
    currency: currencyOfCheck(check).counts,
    artifacts: check.checked.map(({ entry, outcome, why, remedy, result }) => ({
      name: entry.name,
      version: entry.version ?? null,
      key: entry.key,
      url: entry.url ?? null,
      outcome,
      why,
      remedy,
      caseId: result?.caseId ?? null,
      caseUrl: result?.caseUrl ?? null,
      useInstead: result?.useInstead ?? null,
      integrityMatches: result?.integrityMatches ?? null,
      verified: result?.verified ?? null,
      currency: result?.currency ?? null,
      rules: result?.reasons.map((reason) => reason.rule) ?? [],
    })),
  };
}
