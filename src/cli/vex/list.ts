/** `assay vex list`: whose statements count, and until when; or all that is stated about one package. */
import type { Command } from 'commander';
import { forTerminal } from '../../core/encode.ts';
import { formatPurl } from '../../core/purl.ts';
import type { VexAnswer, VexStatements } from '../../server/control/vex-protocol.ts';
import {
  exitCodes,
  parseFormat,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from '../context.ts';
import type { Terminal } from '../terminal.ts';

type Options = GateOptions & { readonly package?: string; readonly format: Format };

export function addList(vex: Command, context: Context): void {
  const command = withGateOptions(
    vex.command('list').description('Show signers, documents and statements, and until when they count.'),
  )
    .option('--package <purl>', 'show each statement about this package: a package URL, or the name in npm')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) =>
      options.package === undefined
        ? listAll(context, options)
        : listAbout(context, options, options.package),
    );
  withExamples(command, ['assay vex list', 'assay vex list --package pkg:npm/lodash']).addHelpText(
    'after',
    '\nExit codes: 0 all documents count, 3 one does not, 4 no gate runs.',
  );
}

export function statedLine(stated: VexAnswer['stated'][number]): string {
  const { id, product, vulnerability, status, justification, by, until, reason } = stated;
  const why = justification === undefined ? '' : ` (${justification})`;
  return `stated    ${forTerminal(id)}: ${forTerminal(vulnerability)} ${status}${why} for ${forTerminal(product)} until ${forTerminal(until)}, by ${forTerminal(by)}: ${forTerminal(reason, 300)}`;
}

async function listAll(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const answer = await (await running(context, options)).vex();
  if (options.format === 'json') printJson(terminal, answer);
  else for (const line of linesOf(terminal, answer)) terminal.out(line);
  if (answer.documents.some(({ problem }) => problem !== undefined)) context.finish(exitCodes.unverified);
}

function linesOf(terminal: Terminal, { signers, documents, stated }: VexAnswer): readonly string[] {
  if (signers.length + documents.length + stated.length === 0)
    return ['No signer is named in the configuration (vex.signers), and nothing is stated.'];
  return [
    ...signers.map(
      ({ name, key, validDays }) =>
        `signer    ${forTerminal(name)}: key ${forTerminal(key)}, counts for ${validDays} days`,
    ),
    ...documents.map((one) => documentLine(terminal, one)),
    ...stated.map(statedLine),
  ];
}

function documentLine(terminal: Terminal, document: VexAnswer['documents'][number]): string {
  const { id, signer, statements, inForce, ends, source, problem } = document;
  const named = `document  ${forTerminal(id)} by ${forTerminal(signer)}`;
  if (problem !== undefined)
    return terminal.paint('bad', `${named}: DOES NOT COUNT, ${forTerminal(problem, 300)}`);
  return `${named}: ${inForce} of ${statements} statements in force, until ${forTerminal(ends)}, from ${forTerminal(source, 300)}`;
}

async function listAbout(context: Context, options: Options, named: string): Promise<void> {
  const { terminal } = context;
  const purl = named.startsWith('pkg:') ? named : formatPurl('npm', named);
  const answer = await (await running(context, options)).vexAbout({ package: purl });
  if (options.format === 'json') return printJson(terminal, answer);
  if (answer.statements.length === 0) terminal.note('Nothing is stated about it.');
  for (const statement of answer.statements) terminal.out(statementLine(statement));
  if (answer.more > 0) terminal.note(`and ${answer.more} more`);
}

function statementLine(one: VexStatements['statements'][number]): string {
  const { author, product, vulnerabilities, status, justification, statement, until } = one;
  const why = justification === undefined ? '' : ` (${justification})`;
  const words = statement === '' ? '' : `: ${forTerminal(statement, 300)}`;
  const end = until === undefined ? '' : ` until ${forTerminal(until)}`;
  return `${forTerminal(author)}: ${vulnerabilities
    .slice(0, 5)
    .map((id) => forTerminal(id))
    .join(', ')} ${status}${why} for ${forTerminal(product)}${end}${words}`;
}
