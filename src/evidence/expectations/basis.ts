/**
 * What the rules about verified provenance share. They compare exact fields, immutable ids before addresses, with an
 * expectation or, while there is none, with what was verified of other versions.
 */
import type { Basis, Context } from './context.ts';
import { notAvailable, notChecked, type Finding, type Verdict } from './verdict.ts';

/** Where no provenance was verified there is nothing to compare; rule `provenance` tells why. */
export function withoutBuild({ provenance }: Context): Verdict {
  return provenance === 'nothing' ? notAvailable : notChecked;
}

/** A provisional expectation, or a short history, warns where a firm one refuses. */
export function degree({ refuses }: Basis): Finding['result'] {
  return refuses ? 'fail' : 'warn';
}

export function origin({ kind }: Basis): string {
  return kind === 'history' ? 'earlier versions' : 'expected';
}
