/** `assay ledger rotate-key`: a new key for the log, beside the old one first, then in its place. */
import { Argument, type Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { AssayError } from '../../core/errors.ts';
import { rotationSteps, type RotateKeyAnswer } from '../../server/control/ledger-protocol.ts';
import {
  parseFormat,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from '../context.ts';

type Options = GateOptions & { readonly yes?: boolean; readonly format: Format };

export function addRotateKey(ledger: Command, context: Context): void {
  const command = withGateOptions(
    ledger
      .command('rotate-key')
      .description("Change the log's key, in two steps that the log itself records."),
  )
    .addArgument(
      new Argument('<step>', 'begin: a second key signs too; retire: the older one is destroyed').choices(
        rotationSteps,
      ),
    )
    .option('--yes', 'do not ask')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (step: string, options: Options) => rotateKey(context, step, options));
  withExamples(command, ['assay ledger rotate-key begin', 'assay ledger rotate-key retire']).addHelpText(
    'after',
    '\nBetween the two steps both keys sign: give everybody who checks the log the new vkey meanwhile (docs/auditing.md).\nA step that was taken before is taken as done.\nExit codes: 0 done, 2 there is no key to retire, or not yet, 3 the log or its signer is not well, 4 no gate runs.',
  );
}

async function rotateKey(context: Context, step: string, options: Options): Promise<void> {
  const { terminal } = context;
  const gate = await running(context, options);
  const question = 'Destroy the older key? Whoever knows only that one will refuse the log from then on.';
  if (step === 'retire' && options.yes !== true && !(await terminal.confirm(question)))
    throw new AssayError('USAGE_INVALID', 'no key was retired', { hint: 'Answer y, or add --yes.' });
  const answer = await gate.rotateKey(step);
  if (options.format === 'json') printJson(terminal, answer);
  else for (const line of linesOf(answer)) terminal.out(line);
  for (const note of notesOf(step, answer)) terminal.note(note);
}

function linesOf({ before, after, recordedAs }: RotateKeyAnswer): readonly string[] {
  return [
    ...before.map((vkey) => `before  ${forTerminal(vkey)}`),
    ...after.map((vkey) => `after   ${forTerminal(vkey)}`),
    `entry   ${forTerminal(recordedAs)}`,
  ];
}

function notesOf(step: string, { before, after, recordedAs }: RotateKeyAnswer): readonly string[] {
  const isDone = before.join() === after.join();
  const prove = `assay ledger prove ${forTerminal(recordedAs)}`;
  if (step === 'begin')
    return [
      isDone
        ? 'The change had begun before: both keys sign.'
        : 'Both keys sign from the next checkpoint on; nobody has to do anything yet.',
      'Give auditors and witnesses the first vkey above, in addition to the one they have, on the way they got that one;',
      `${prove} shows that the old key names it.`,
      'When all of them have it: assay ledger rotate-key retire',
    ];
  return [
    isDone
      ? 'The older key was retired before.'
      : 'The older key is destroyed; the next checkpoint has one signature.',
    `Auditors and witnesses now remove the old vkey; ${prove} shows that both keys said so.`,
  ];
}
