/** `assay recipe`: how a version is built, what a person corrected of that, and who reviewed the correction. */
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import type { CorrectionShown, ReviewShown } from '../server/control/recipe-protocol.ts';
import {
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type GateOptions,
} from './context.ts';
import type { Terminal } from './terminal.ts';

type Options = GateOptions & { readonly json?: boolean };
type ReviewOptions = Options & {
  readonly correction?: string;
  readonly reviewer: string;
  readonly reason: string;
};

export function addRecipe(program: Command, context: Context): void {
  const recipe = program
    .command('recipe')
    .description('How a version is built, and who reviewed what a person corrected of that.')
    .addHelpText(
      'after',
      '\nA recipe that a person corrected makes nothing Secure before somebody else reviewed the correction. A review is of the\ncorrection as it stands, for all versions it is used for; a changed one asks for a new review. Each is an entry of the ledger.',
    );
  addShow(recipe, context);
  addReview(recipe, context, 'approve');
  addReview(recipe, context, 'revoke');
  addList(recipe, context);
}

function addShow(recipe: Command, context: Context): void {
  const command = common(recipe.command('show'), '<purl>')
    .description('The recipe of the newest build of a version, and who corrected and reviewed it.')
    .action(async (purl: string, options: Options) => {
      const { terminal } = context;
      const gate = await running(context, options);
      const shown = await gate.showRecipe({ purl });
      if (options.json === true) return printJson(terminal, shown);
      for (const line of shown.recipe.split('\n')) terminal.out(forTerminal(line, 4000));
      if (shown.correction === undefined) return terminal.note('As it was inferred: nobody corrected it.');
      for (const line of correctionLines(shown.correction)) terminal.note(line);
      return terminal.note(
        shown.review === undefined
          ? // By its digest: another correction may be built between this look and the review.
            `Nobody else reviewed it: it makes nothing Secure. After a look at it: assay recipe approve ${forTerminal(shown.purl)} --correction ${shown.correction.digest} --reviewer NAME --reason TEXT`
          : `Reviewed by ${forTerminal(shown.review.reviewer)}, ${shown.review.at}.`,
      );
    });
  withExamples(command, ['assay recipe show pkg:npm/left-pad@1.3.0']);
}

function addReview(recipe: Command, context: Context, action: 'approve' | 'revoke'): void {
  const isApproval = action === 'approve';
  const command = common(recipe.command(action), '<purl>')
    .description(
      isApproval
        ? 'Say that what was corrected for the newest build of a version does what it says, and no more.'
        : 'Take a review back; what was built by the correction counts as secure no more.',
    )
    .option(
      '--correction <sha256>',
      isApproval ? 'approve only if this is the correction that was used' : 'only this one; without it all',
    )
    .requiredOption('--reviewer <name>', 'who looked at it: another person than who wrote it')
    .requiredOption('--reason <text>', 'why; it stands in the ledger')
    .action(async (purl: string, options: ReviewOptions) => {
      const { terminal } = context;
      const { correction, reviewer, reason } = options;
      const gate = await running(context, options);
      const answer = await gate.reviewRecipe({
        purl,
        action,
        reviewer,
        reason,
        ...(correction === undefined ? {} : { correction }),
      });
      if (options.json === true) return printJson(terminal, answer);
      for (const one of answer.reviews) for (const line of reviewLines(terminal, one)) terminal.out(line);
      return terminal.note(
        answer.recorded ? 'In force at once.' : 'It was so already: nothing was recorded.',
      );
    });
  withExamples(command, [
    `assay recipe ${action} pkg:npm/left-pad@1.3.0 --reviewer 'Ben Example' --reason 'only adds make'`,
  ]);
}

function addList(recipe: Command, context: Context): void {
  const command = common(recipe.command('list'), '[purl]')
    .description('Corrections that were reviewed; of one package, everything that was said, newest first.')
    .action(async (purl: string | undefined, options: Options) => {
      const { terminal } = context;
      const gate = await running(context, options);
      const answer = await gate.listRecipeReviews(purl === undefined ? {} : { purl });
      if (options.json === true) return printJson(terminal, answer);
      const shown = purl === undefined ? answer.approved : answer.history;
      for (const one of shown) for (const line of reviewLines(terminal, one)) terminal.out(line);
      if (shown.length === 0) terminal.note('No correction was reviewed yet.');
      return undefined;
    });
  withExamples(command, ['assay recipe list', 'assay recipe list pkg:npm/left-pad --json']);
}

function correctionLines({ digest, who, why, at }: CorrectionShown): readonly string[] {
  return [
    `Corrected by ${forTerminal(who)}, ${forTerminal(at)}: ${forTerminal(why, 2000)}`,
    `correction   ${digest}`,
  ];
}

function reviewLines(terminal: Terminal, one: ReviewShown): readonly string[] {
  const word = one.action === 'approve' ? 'approved' : 'taken back';
  return [
    terminal.paint('bold', `${forTerminal(one.package)}  ${word}`),
    field('correction', one.correction),
    field('author', one.author),
    field('reviewer', one.reviewer),
    field('reason', one.reason),
    field('by', `${one.principal.name}, ${one.at}`),
    field('entry', one.eventId),
  ];
}

function field(title: string, value: string): string {
  return `  ${title.padEnd(12)} ${forTerminal(value, 1000)}`;
}

function common(command: Command, argument: string): Command {
  return withGateOptions(command)
    .argument(argument, 'a purl, or name@version of npm')
    .option('--json', 'print JSON');
}
