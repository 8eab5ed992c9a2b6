/**
 * R5: another branch or tag, or another way to start the run. Registries bind a trusted publisher to repository and workflow, not
 * to a branch. Triggers that strangers can pull are refused whatever was learned: only a person can set them as expected.
 */
import { degree, origin, withoutBuild } from './basis.ts';
import type { Basis, Build, Context } from './context.ts';
import { refusedTriggers } from './terms.ts';
import { finding, quote, verdictOf, type Finding, type Verdict } from './verdict.ts';

export function refOrTrigger(context: Context): Verdict {
  const { build, basis } = context;
  if (build === undefined) return withoutBuild(context);
  const refused = refusedTrigger(context);
  const others = basis === undefined ? [] : unusual(build, basis);
  const found = [...refused, ...others];
  const comparable =
    basis !== undefined && (basis.identity.refs.length > 0 || basis.identity.triggers.length > 0);
  return verdictOf(found, comparable ? 'pass' : 'not-available');
}

function refusedTrigger({ build, expectation }: Context): readonly Finding[] {
  const trigger = build?.trigger;
  if (trigger === undefined || !refusedTriggers.has(trigger)) return [];
  const setByHand = expectation?.origin === 'set' && expectation.identity?.triggers.includes(trigger);
  if (setByHand === true) return [];
  const message = `The publishing run was started by ${quote(trigger)}: people outside the project can start such a run.`;
  return [finding('ref-or-trigger', 'trigger', 'fail', message, { trigger })];
}

function unusual(build: Build, basis: Basis): readonly Finding[] {
  const { refs, triggers } = basis.identity;
  const { ref, trigger } = build;
  const found: Finding[] = [];
  if (refs.length > 0 && (ref === undefined || !refs.some((pattern) => matchesRef(pattern, ref)))) {
    const message = `It was built from ${quote(ref)}, not from ${refs.slice(0, 3).map(quote).join(', ')} (${origin(basis)}).`;
    found.push(finding('ref-or-trigger', 'ref', degree(basis), message, { ref: ref ?? null }));
  }
  const known = trigger !== undefined && triggers.includes(trigger);
  if (triggers.length > 0 && !known && !refusedTriggers.has(trigger ?? '')) {
    const byHand = trigger === 'workflow_dispatch';
    const message = `The publishing run was started by ${quote(trigger)}, which no earlier one was${byHand ? ': somebody pressed the button' : ''}.`;
    const result = byHand || trigger === undefined ? degree(basis) : 'warn';
    found.push(finding('ref-or-trigger', 'trigger', result, message, { trigger: trigger ?? null }));
  }
  return found;
}

/** Exact, or a folder of refs: `refs/tags/*`. */
function matchesRef(pattern: string, ref: string): boolean {
  if (!pattern.endsWith('/*')) return pattern === ref;
  const folder = pattern.slice(0, -1);
  return ref.startsWith(folder) && ref.length > folder.length;
}
