/** `assay serve`: the gate, in the foreground. */
import type { Command } from 'commander';
import { load, withExamples, withGateOptions, type Context } from './context.ts';
import { untilAskedToStop } from './signals.ts';

export function addServe(program: Command, context: Context): void {
  const command = withGateOptions(
    program.command('serve').description('Start the gate in the foreground; Ctrl-C stops it.'),
  )
    .option('--listen <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port for package managers (default: 4873)')
    .option('--secure-port <number>', 'port of the Secure channel (default: 4874)')
    .option('--console-port <number>', 'port of the console (default: 4880)')
    .option('--public-url <url>', 'the URL under which clients reach the gate')
    .option('--preset <name>', 'policy preset: observe, recommended or strict')
    .option('--log-level <level>', 'debug, info, warn or error')
    .action(async (options: Readonly<Record<string, string>>) => serve(context, options));
  withExamples(command, [
    'assay serve',
    'assay serve --port 4900 --data ~/assay-data',
    'ASSAY_CONFIG=/etc/assay/team.yaml assay serve',
  ]);
}

async function serve(context: Context, options: Readonly<Record<string, string>>): Promise<void> {
  const { terminal } = context;
  const { settings, shown } = await load(context, options, 'store');
  const stopped = untilAskedToStop(terminal);
  // Only here: the whole gate takes half a second to load, and no other command needs it.
  const { startGate } = await import('../server/compose.ts');
  const gate = await startGate({ settings, shown });
  const upstreams = settings.upstreams.map((one) =>
    one.scopes.length === 0 ? one.url : `${one.scopes.join(' ')} ${one.url}`,
  );
  terminal.note(`Assay is open at ${gate.url}`);
  if (gate.secureUrl !== undefined)
    terminal.note(`  secure    ${gate.secureUrl}    (only what was built here)`);
  terminal.note(`  data      ${settings.dataDirectory}`);
  terminal.note(`  upstream  ${upstreams.join(', ')}`);
  terminal.note(`  policy    ${settings.policy.preset}`);
  terminal.note(
    '  next      bin/assay use npm    (or pnpm, yarn, bun: shows the change, asks, proves a bait is refused)',
  );
  terminal.note('  stop      Ctrl-C');
  await stopped;
  terminal.note('Stopping: finishing what is under way. Ctrl-C again to stop at once.');
  await gate.stop();
}
