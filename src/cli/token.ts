/** `assay token`: named bearer tokens. The secret is shown once; the gate keeps its hash. */
import { InvalidArgumentError, type Command } from 'commander';
import { forTerminal } from '../core/encode.ts';
import { parseDurationMs } from '../server/config/units.ts';
import {
  parseFormat,
  printJson,
  running,
  withExamples,
  withGateOptions,
  type Context,
  type Format,
  type GateOptions,
} from './context.ts';
import { tableLines } from './table.ts';

type Options = GateOptions & { readonly format: Format };

export function addToken(program: Command, context: Context): void {
  const command = program
    .command('token')
    .description('Create, list and revoke the tokens that clients show to the gate.');
  const create = withGateOptions(
    command.command('create').description('Create a token; its secret is printed once.'),
  )
    .argument('<name>', 'lower-case letters, digits, dot, dash and underscore', parseName)
    .option('--expires <duration>', 'how long it is valid', parseExpiry, 90 * 86_400_000)
    .option('--upstream <id...>', 'upstreams with credentials that it opens')
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(
      async (
        name: string,
        options: Options & { readonly expires: number; readonly upstream?: readonly string[] },
      ) => createToken(context, name, options),
    );
  withExamples(create, [
    'assay token create ci --expires 90d',
    'assay token create alice --upstream npm-corp',
  ]);
  const list = withGateOptions(command.command('list').description('List tokens, without their secrets.'))
    .option('--format <format>', 'table or json', parseFormat, 'table')
    .action(async (options: Options) => listTokens(context, options));
  withExamples(list, ['assay token list']);
  const revoke = withGateOptions(command.command('revoke').description('Revoke a token, at once.'))
    .argument('<name>', 'its name', parseName)
    .action(async (name: string, options: GateOptions) => {
      const { revokedAt } = await (await running(context, options)).revokeToken(name);
      context.terminal.note(`Revoked ${name} at ${forTerminal(revokedAt)}.`);
    });
  withExamples(revoke, ['assay token revoke ci']);
}

function parseName(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(text))
    throw new InvalidArgumentError('lower-case letters, digits, ., - and _, at most 64');
  return text;
}

function parseExpiry(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < 60_000 || ms > 366 * 86_400_000)
    throw new InvalidArgumentError('a duration from 1m to 366d, such as 90d');
  return ms;
}

async function createToken(
  context: Context,
  name: string,
  options: Options & { readonly expires: number; readonly upstream?: readonly string[] },
): Promise<void> {
  const { terminal } = context;
  const expiresAt = new Date(Date.now() + options.expires).toISOString();
  const created = await (
    await running(context, options)
  ).createToken({ name, upstreams: [...(options.upstream ?? [])], expiresAt });
  if (options.format === 'json') return printJson(terminal, created);
  terminal.out(created.secret);
  terminal.note(`Token ${name}, valid until ${forTerminal(created.expiresAt)}. It is not shown again.`);
  terminal.note(
    'npm and pnpm take it from .npmrc as //<gate host>/:_authToken=${ASSAY_TOKEN}; `assay check` from ASSAY_TOKEN.',
  );
}

async function listTokens(context: Context, options: Options): Promise<void> {
  const { terminal } = context;
  const answer = await (await running(context, options)).tokens();
  if (options.format === 'json') return printJson(terminal, answer);
  if (answer.tokens.length === 0) return terminal.note('There are no tokens.');
  const columns = [
    { title: 'NAME', max: 64 },
    { title: 'STATE', max: 30 },
    { title: 'EXPIRES', max: 24 },
    { title: 'LAST USED', max: 24 },
    { title: 'UPSTREAMS', max: 100 },
  ];
  const now = new Date().toISOString();
  const rows = answer.tokens.map((one) => [
    one.name,
    stateOf(one, now),
    one.expiresAt,
    one.lastUsedAt ?? 'never',
    one.upstreams.join(' '),
  ]);
  for (const line of tableLines(columns, rows)) terminal.out(line);
}

function stateOf(
  token: { readonly revokedAt?: string | undefined; readonly expiresAt: string },
  now: string,
): string {
  if (token.revokedAt !== undefined) return 'revoked';
  return token.expiresAt <= now ? 'expired' : 'valid';
}
