/**
 * R2: published with less than versions before it, or than a person said (`assay expect set`). It, R9 and R11 weigh each other: each is often harmless alone, and together they
 * are what a stolen credential looks like (axios, March 2026: no provenance, another e-mail, a new dependency). Softened to a
 * warning where all else is clean and the line is only maintained (semver 6.3.1), or it stood in the open for a fortnight under a
 * known account (fastq 1.20.2). A downgrade beside anything else refuses at any age.
 */
import type { Context } from './context.ts';
import type { PublisherSignals } from './publisher-signals.ts';
import { rankName } from './ranks.ts';
import type { Suspicion } from './suspicion.ts';
import type { Ranks } from './trust-rank.ts';
import { finding, notAvailable, notChecked, verdictOf, type Finding, type Verdict } from './verdict.ts';

export function trustDowngrade(
  context: Context,
  ranks: Ranks,
  publisher: PublisherSignals,
  suspicion: Suspicion,
): Verdict {
  const { own, highWater, isSaid, lower, usualForLine } = ranks;
  if (highWater === undefined || highWater === 0) return notAvailable;
  if (lower === 'unknown') return notChecked;
  if (lower === 'no') return verdictOf([], 'pass');
  const unclean = uncleanBeside(suspicion);
  const clean = unclean.length === 0;
  const [most, had] = [words[rankName(highWater)], words[rankName(own)]];
  const what = isSaid
    ? `A person set that it is published with ${most}, and this one was with ${had}`
    : `Versions before it were published with ${most}, this one with ${had}`;
  const data = { is: rankName(own), was: rankName(highWater) };
  const tell = (part: string, result: Finding['result'], message: string): Verdict =>
    verdictOf([finding('trust-downgrade', part, result, message, data)], 'pass');
  if (clean && usualForLine)
    return tell('line', 'warn', `${what}; its release line never had more, and all else is as usual.`);
  if (clean && context.aged && publisher.known)
    return tell(
      'aged',
      'warn',
      `${what}, by an account that published before, a fortnight ago or longer, and all else is as usual.`,
    );
  const alone = isSaid
    ? 'Nothing ties it to whom `assay expect show` names.'
    : 'Stolen credentials look like this; if the project changed how it publishes, its next days will show.';
  const why = clean
    ? alone
    : `Beside it: ${unclean.join(', ')}. This is what a stolen credential looks like.`;
  return tell('lower', 'fail', `${what}. ${why}`);
}

const words = {
  none: 'no signature',
  signed: 'a registry signature alone',
  provenance: 'provenance',
  'trusted-publisher': 'provenance from a trusted publisher',
  staged: 'provenance and a second approval',
} as const;

function uncleanBeside({ strong, mild, stranger, newDependency }: Suspicion): readonly string[] {
  return [
    ...strong,
    ...mild,
    ...(stranger ? ['another account or e-mail'] : []),
    ...(newDependency ? ['a new dependency'] : []),
  ];
}
