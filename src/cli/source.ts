/** `assay source`: where the source of a package is, and whose a person approved. */
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import {
  exitCodes,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type GateOptions,
} from './context.ts';
import { approvalLines, findingLines, foundLines } from './source-lines.ts';

type Options = GateOptions & { readonly json?: boolean };
type SayOptions = Options & { readonly repository?: string; readonly reason: string };

export function addSource(program: Command, context: Context): void {
  const source = program
    .command('source')
    .description('The source of a package: find it, approve whose it is, take that back, list.')
    .addHelpText(
      'after',
      '\nA package that was built here counts as secure only from a source that a person approved. An approval is of\nwhose the source is, for all versions; another repository, owner or key asks for a new one. Each is an entry of the ledger.',
    );
  addFind(source, context);
  addApprove(source, context);
  addRevoke(source, context);
  addList(source, context);
}

function addFind(source: Command, context: Context): void {
  const command = common(source.command('find'), '<purl>')
    .description('Look for the source of a version, grade what was found, and keep it. Nothing is built.')
    .action(async (purl: string, options: Options) => {
      const { terminal, finish } = context;
      const gate = await running(context, options);
      terminal.progress('looking for the source');
      const finding = await gate.findSource({ purl });
      terminal.progress('');
      if (finding.found === undefined) finish(exitCodes.unverified);
      if (options.json === true) return printJson(terminal, finding);
      for (const line of findingLines(terminal, finding)) terminal.out(line);
      return undefined;
    });
  withExamples(command, [
    'assay source find pkg:npm/left-pad@1.3.0',
    'assay source find pkg:deb/debian/sed',
    'assay source find left-pad@1.3.0 --json',
  ]).addHelpText(
    'after',
    '\nExit codes: 0 found, 2 the command line is wrong, 3 no source was found, 4 no gate runs.',
  );
}

function addApprove(source: Command, context: Context): void {
  const command = common(source.command('approve'), '<purl>')
    .description(
      'Say that the source of a package is who it should be: the one of its newest build, or as found now.',
    )
    .option(
      '--repository <url>',
      'approve only if this is the repository that was found; needed when another source is approved already',
    )
    .requiredOption('--reason <text>', 'why; it stands in the ledger')
    .action(async (purl: string, options: SayOptions) => {
      const { terminal } = context;
      const { repository, reason } = options;
      const gate = await running(context, options);
      terminal.progress('looking for the source');
      const answer = await gate.approveSource({
        purl,
        reason,
        ...(repository === undefined ? {} : { repository }),
      });
      terminal.progress('');
      if (options.json === true) return printJson(terminal, answer);
      for (const line of approvalLines(terminal, answer.approval)) terminal.out(line);
      for (const line of foundLines(terminal, answer.found).slice(0, 1)) terminal.out(line);
      for (const line of answer.found.disagreements)
        terminal.out(terminal.paint('warn', `  ${forTerminal(line)}`));
      terminal.note(
        answer.recorded ? 'In force at once, for all versions from there.' : 'It was approved already.',
      );
      return undefined;
    });
  withExamples(command, [
    "assay source approve pkg:npm/left-pad@1.3.0 --reason 'their repository, see their site'",
    "assay source approve left-pad --repository https://git.example.com/left-pad --reason 'looked at it'",
  ]);
}

function addRevoke(source: Command, context: Context): void {
  const command = common(source.command('revoke'), '<purl>')
    .description('Take an approval back; what was built from there counts as secure no more.')
    .option('--repository <url>', 'only this one; without it all of the package')
    .requiredOption('--reason <text>', 'why; it stands in the ledger')
    .action(async (purl: string, options: SayOptions) => {
      const { repository, reason } = options;
      const gate = await running(context, options);
      const answer = await gate.revokeSource({
        purl,
        reason,
        ...(repository === undefined ? {} : { repository }),
      });
      if (options.json === true) return printJson(context.terminal, answer);
      for (const one of answer.revoked)
        for (const line of approvalLines(context.terminal, one)) context.terminal.out(line);
      return undefined;
    });
  withExamples(command, ["assay source revoke pkg:npm/left-pad --reason 'the owner changed'"]);
}

function addList(source: Command, context: Context): void {
  const command = common(source.command('list'), '[purl]')
    .description('What is approved; of one package, everything that was said, newest first.')
    .action(async (purl: string | undefined, options: Options) => {
      const { terminal } = context;
      const gate = await running(context, options);
      const answer = await gate.listSources(purl === undefined ? {} : { purl });
      if (options.json === true) return printJson(terminal, answer);
      const shown = purl === undefined ? answer.approved : answer.history;
      for (const one of shown) for (const line of approvalLines(terminal, one)) terminal.out(line);
      if (shown.length === 0) terminal.note('Nothing was approved yet.');
      return undefined;
    });
  withExamples(command, ['assay source list', 'assay source list pkg:npm/left-pad --json']);
}

function common(command: Command, argument: string): Command {
  return withGateOptions(command)
    .argument(argument, 'a purl, or name@version of npm')
    .option('--json', 'print JSON');
}
