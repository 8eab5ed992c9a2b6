/** `assay alarms`: what people must look at. */
import type { Command } from 'commander';
import {
  parseFormat,
  parseLimit,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from './context.ts';
import { tableLines } from './table.ts';

type Options = GateOptions & { readonly format: Format; readonly limit: number };

export function addAlarms(program: Command, context: Context): void {
  const command = withGateOptions(
    program.command('alarms').description('List alarms: changed bytes, refused attacks, corruption.'),
  )
    .option('--limit <n>', 'how many, newest first', parseLimit, 50)
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => alarms(context, options));
  withExamples(command, ['assay alarms', 'assay alarms --limit 500 --format json']);
}

async function alarms(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const answer = await (await running(context, options)).alarms(options.limit);
  if (options.format === 'json') return printJson(terminal, answer);
  if (answer.alarms.length === 0) return terminal.note('No alarms are on record.');
  const columns = [
    { title: 'LAST', max: 24 },
    { title: 'TIMES', max: 8 },
    { title: 'SEVERITY', max: 8 },
    { title: 'KIND', max: 30 },
    { title: 'ABOUT', max: 80 },
    { title: 'MESSAGE', max: 300 },
  ];
  const rows = answer.alarms.map((alarm) => [
    alarm.lastAt,
    String(alarm.count),
    alarm.severity,
    alarm.kind,
    alarm.about,
    alarm.message,
  ]);
  for (const line of tableLines(columns, rows)) terminal.out(line);
  if (answer.more > 0) terminal.note(`+${answer.more} more: --limit`);
}
