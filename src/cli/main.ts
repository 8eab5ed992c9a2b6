/** The command line. Each command is a file of its own; this one puts them together and turns errors into exit codes. */
import { Command, CommanderError } from 'commander';
import { surroundings } from '../server/config/surroundings.ts';
import { assayVersion } from '../server/package-version.ts';
import { addAlarms } from './alarms.ts';
import { addCatalogue } from './catalogue.ts';
import { addCheck } from './check.ts';
import { addCompletion } from './completion.ts';
import { addConfig } from './config.ts';
import { exitCodes, type Context, type ExitCode } from './context.ts';
import { addDoctor } from './doctor.ts';
import { addExpect } from './expect.ts';
import { addExplain } from './explain.ts';
import { addFeed } from './feed/feed.ts';
import { addInspect } from './inspect.ts';
import { addLedger } from './ledger/ledger.ts';
import { exitCodeOf, tellError } from './problem.ts';
import { addPulls } from './pulls.ts';
import { addBehaviour } from './behaviour.ts';
import { addRebuild } from './rebuild.ts';
import { addReplay } from './replay.ts';
import { addSbom } from './sbom.ts';
import { addScan } from './scan.ts';
import { addServe } from './serve.ts';
import { addRecipe } from './recipe.ts';
import { addSource } from './source.ts';
import { addStatus } from './status.ts';
import { openTerminal } from './terminal.ts';
import { addToken } from './token.ts';
import { addTrust } from './trust/trust.ts';
import { addUse } from './use.ts';
import { addVerify } from './verify.ts';
import { addVex } from './vex/vex.ts';

async function main(args: readonly string[]): Promise<ExitCode> {
  const around = surroundings();
  const terminal = openTerminal(around.env);
  let code: ExitCode = exitCodes.pass;
  const context: Context = { around, terminal, finish: (next) => (code = next) };
  try {
    await programFor(context).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage;
    tellError(terminal, error);
    return exitCodeOf(error);
  }
}

function programFor(context: Context): Command {
  const program = new Command('assay')
    .description('A gate between your organisation and the public package registries.')
    .version(assayVersion, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(add --help for the options)')
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText(
      'after',
      '\nExit codes: 0 pass, 1 violation, 2 usage, 3 could not verify or nothing to verify, 4 unreachable.\n\nFirst steps:\n  assay serve        start the gate\n  assay use npm      point npm at it, and see a bait refused',
    );
  for (const add of [
    addServe,
    addUse,
    addCheck,
    addExplain,
    addReplay,
    addExpect,
    addVerify,
    addInspect,
    addScan,
    addSbom,
    addRebuild,
    addBehaviour,
    addRecipe,
    addSource,
    addCatalogue,
    addStatus,
    addAlarms,
    addPulls,
    addDoctor,
    addConfig,
    addToken,
    addTrust,
    addFeed,
    addVex,
    addLedger,
    addCompletion,
  ])
    add(program, context);
  return program;
}

/** A reader that goes away (`assay check | head`) ends the output; the exit code still says what was found. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(exitCodes.unverified);
  });
}

process.exitCode = await main(process.argv.slice(2));
