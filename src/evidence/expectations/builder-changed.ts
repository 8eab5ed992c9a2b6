/** R4: another issuer, workflow, signer or kind of runner. */
import { degree, origin, withoutBuild } from './basis.ts';
import type { Basis, Context } from './context.ts';
import { finding, notAvailable, quote, verdictOf, type Finding, type Verdict } from './verdict.ts';

export function builderChanged(context: Context): Verdict {
  const { build, basis } = context;
  if (build === undefined) return withoutBuild(context);
  if (basis === undefined) return notAvailable;
  const { identity } = basis;
  const rows = [
    ['issuer', build.issuer, identity.issuer === undefined ? [] : [identity.issuer]],
    ['workflow', build.workflow, identity.workflows],
    ['signer', build.signer, identity.signers],
    ['runner', build.runner, identity.runners],
  ] as const;
  const told = rows.filter(([, , expected]) => expected.length > 0);
  if (told.length === 0) return notAvailable;
  const found = told.flatMap((row) => builderFinding(row, basis));
  // Certificates of early 2023 name no workflow, signer or runner: nothing to compare is not agreement.
  const silent = told.some(([, is]) => is === undefined);
  return verdictOf(found, silent ? 'not-available' : 'pass');
}

type Row = readonly [part: string, is: string | undefined, expected: readonly string[]];

function builderFinding([part, is, expected]: Row, basis: Basis): readonly Finding[] {
  const absent = is === undefined && part !== 'issuer';
  if (absent || (is !== undefined && expected.includes(is))) return [];
  const usual = expected.slice(0, 3).map(quote).join(', ');
  const note =
    part === 'runner' && is === 'self-hosted'
      ? ' A self-hosted runner keeps what earlier jobs left behind.'
      : '';
  const message = `The ${part} is ${quote(is)}, not ${usual} (${origin(basis)}).${note}`;
  return [finding('builder-changed', part, degree(basis), message, { is: is ?? null, expected: usual })];
}
