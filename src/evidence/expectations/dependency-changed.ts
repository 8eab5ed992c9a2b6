/** R11: a dependency from past the registry, or a new one in a minor or patch release. */
import type { Context } from './context.ts';
import type { DependencyChanges } from './dependencies.ts';
import type { Suspicion } from './suspicion.ts';
import {
  finding,
  notAvailable,
  notChecked,
  quote,
  verdictOf,
  type Finding,
  type Verdict,
} from './verdict.ts';

export function dependencyChanged(
  context: Context,
  changes: DependencyChanges,
  suspicion: Suspicion,
): Verdict {
  const { comparedWith, added, exotic, before } = changes;
  if (comparedWith === undefined) return context.input.history === undefined ? notChecked : notAvailable;
  const found: Finding[] = exotic.slice(0, 3).map(({ name, spec }, at) => {
    const message = `Dependency ${quote(name)} comes from ${quote(spec)}, past the registry; ${before ?? ''} did not have that.`;
    return finding('dependency-changed', `exotic/${at}`, 'fail', message, { name, spec });
  });
  if (comparedWith === 'same-line' && added.length > 0) {
    const refuse = suspicion.lower || (suspicion.stranger && !context.aged);
    const names = added
      .slice(0, 5)
      .map((name) => quote(name))
      .join(', ');
    const message = `New in a minor or patch release since ${before ?? ''}: ${names}${added.length > 5 ? ` and ${added.length - 5} more` : ''}.`;
    const data = { names: added.slice(0, 20) };
    found.push(finding('dependency-changed', 'added', refuse ? 'fail' : 'warn', message, data));
  }
  // Compared with another line, what is new here may be old in its own.
  const unclear = comparedWith === 'other-line' && added.length > 0;
  return verdictOf(found, unclear ? 'not-available' : 'pass');
}
