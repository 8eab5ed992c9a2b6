/** `assay status`: what the running gate is doing. */
import type { Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import type { StatusAnswer } from '../server/control/protocol.ts';
import type { FeedsAnswer } from '../server/control/feed-protocol.ts';
import type { TrustAnswer } from '../server/control/trust-protocol.ts';
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
} from './context.ts';
import { feedLines } from './feed/feed-lines.ts';
import { tableLines } from './table.ts';
import { expiryLines } from './trust/expiry-lines.ts';

export function addStatus(program: Command, context: Context): void {
  const command = withGateOptions(
    program.command('status').description('Show what the running gate is doing.'),
  )
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: GateOptions & { readonly format: Format }) => status(context, options));
  withExamples(command, ['assay status', 'assay status --format json']);
}

async function status(context: Context, options: GateOptions & { readonly format: Format }): Promise<void> {
  const gate = await running(context, options);
  const answer = await gate.status();
  const { expiries } = await gate.trust();
  const { feeds } = await gate.feeds();
  if (options.format === 'json') printJson(context.terminal, { ...answer, trust: expiries, feeds });
  else for (const line of statusLines(context, answer, expiries, feeds)) context.terminal.out(line);
  if (!answer.ready) context.finish(exitCodes.unverified);
}

function statusLines(
  { terminal }: Context,
  answer: StatusAnswer,
  expiries: TrustAnswer['expiries'],
  feeds: FeedsAnswer['feeds'],
): readonly string[] {
  const { counts } = answer;
  const upstreams = answer.upstreams.map((one) => [
    one.id,
    one.state,
    one.scopes.join(' ') || 'all other names',
    one.url,
    one.lastError ?? '',
  ]);
  const columns = [
    { title: 'UPSTREAM', max: 32 },
    { title: 'STATE', max: 10 },
    { title: 'SERVES', max: 40 },
    { title: 'URL', max: 80 },
    { title: 'LAST ERROR', max: 100 },
  ];
  return [
    `Assay ${forTerminal(answer.version)} at ${forTerminal(answer.url)}  ${answer.ready ? terminal.paint('good', 'ready') : terminal.paint('bad', 'NOT READY')}`,
    `since     ${forTerminal(answer.startedAt)}, process ${answer.pid}, Node ${forTerminal(answer.node)}`,
    `secure    ${channelText(answer.secureChannel)}`,
    `data      ${forTerminal(answer.dataDirectory)}`,
    `policy    ${forTerminal(answer.policy.preset)} (${forTerminal(answer.policy.digest.slice(0, 12))})`,
    `releases  ${counts.allow} allowed, ${counts.hold} held, ${counts.block} blocked`,
    ...behaviourStatusLines(answer.behaviour),
    buildsLine(answer.builds),
    `alarms    ${answer.alarms}${answer.alarms > 0 ? '   (assay alarms)' : ''}`,
    ...expiryLines(terminal, expiries),
    ...feedLines(terminal, feeds),
    ...answer.problems.map((problem) => terminal.paint('warn', `problem   ${forTerminal(problem)}`)),
    '',
    ...tableLines(columns, upstreams),
  ];
}

/** Nothing to say where nothing waits. */
function behaviourStatusLines({ waiting, running, idle }: StatusAnswer['behaviour']): readonly string[] {
  if (waiting + running === 0) return [];
  const why = idle === undefined ? '' : `   (${forTerminal(idle, 300)})`;
  return [`scripts   ${waiting} wait to be watched, ${running} are${why}`];
}

function buildsLine({ waiting, running, isolation }: StatusAnswer['builds']): string {
  const worth =
    isolation === undefined
      ? 'sandbox not looked at yet (assay doctor does)'
      : `${forTerminal(isolation.level)} isolation${isolation.level === 'full' ? '' : `: ${forTerminal(isolation.missing.join(' '), 300)}`}`;
  return `builds    ${running} running, ${waiting} waiting; ${worth}`;
}

function channelText({ state, url, serve, missing }: StatusAnswer['secureChannel']): string {
  if (url === undefined) return state === 'off' ? 'switched off' : 'NOT OPEN';
  const kind = serve === 'secure' ? 'what is Secure' : 'what was built here, also what differs from upstream';
  return `${forTerminal(url)}  serves ${kind}${missing === 'main' ? '; for the rest, what the main listener serves' : ''}`;
}
