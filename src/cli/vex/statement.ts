/** `assay vex add` and `remove`: what the operator states, until a date. */
import { InvalidArgumentError, type Command } from 'commander';
import { justifications, statuses } from '../../server/control/vex-protocol.ts';
import { forTerminal } from '../../core/encode.ts';
import type { VexJustification, VexStatus } from '../../core/vex.ts';
import { AssayError } from '../../core/errors.ts';
import { running, withExamples, withGateOptions, type Context, type GateOptions } from '../context.ts';
import { parseUntil, untilHelp } from '../until.ts';
import { statedLine } from './list.ts';

type Adding = GateOptions & {
  readonly status: VexStatus;
  readonly justification?: VexJustification;
  readonly until: string;
  readonly reason: string;
};

export function addStatement(vex: Command, context: Context): void {
  const add = withGateOptions(
    vex.command('add').description('State what a vulnerability means for a package, until a date.'),
  )
    .argument('<purl>', 'package URL, with a version or for all: pkg:npm/lodash@4.17.20')
    .argument('<id>', 'of the advisory, or one of its aliases')
    .requiredOption('--status <status>', statuses.join(', '), oneOf(statuses))
    .option('--justification <word>', `for not_affected: ${justifications.join(', ')}`, oneOf(justifications))
    .requiredOption('--until <date>', untilHelp, parseUntil)
    .requiredOption('--reason <text>', 'why; it is on record and in the ledger')
    .action(async (product: string, vulnerability: string, options: Adding) => {
      const { status, justification, until, reason } = options;
      if (justification !== undefined && status !== 'not_affected')
        throw new AssayError('USAGE_INVALID', '--justification belongs to --status not_affected');
      const gate = await running(context, options);
      const { stated } = await gate.addVex({
        product,
        vulnerability,
        status,
        ...(justification !== undefined && { justification }),
        until,
        reason,
      });
      context.terminal.out(statedLine(stated));
    });
  withExamples(add, [
    'assay vex add pkg:npm/lodash@4.17.20 CVE-2021-23337 --status not_affected --justification vulnerable_code_not_in_execute_path --until 2027-01-31 --reason "no templates are compiled"',
  ]).addHelpText(
    'after',
    '\nThat a package is no malware is not for VEX: assay feed override.\nExit codes: 0 stated, 2 wrong usage, 3 refused, 4 no gate runs.',
  );
  const remove = withGateOptions(
    vex.command('remove').description('Take a document or a statement back before it ends.'),
  )
    .argument('<id>', 'as assay vex list shows it')
    .action(async (id: string, options: GateOptions) => {
      await (await running(context, options)).removeVex({ id });
      context.terminal.out(`${forTerminal(id)} does not count any more.`);
    });
  withExamples(remove, ['assay vex remove 1f2e3d4c5b6a']);
}

function oneOf<T extends string>(known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((one) => one === text);
    if (found === undefined) throw new InvalidArgumentError(`one of ${known.join(', ')}`);
    return found;
  };
}
