/** R11: a dependency from past the registry, a new one in a minor or patch release, or one that came into the world with it. */
import type { Context } from './context.ts';
import type { DependencyChanges } from './dependencies.ts';
import type { Suspicion } from './suspicion.ts';
import {
  finding,
  notAvailable,
  notChecked,
  quote,
  verdictOf,
  worst,
  type Finding,
  type Verdict,
} from './verdict.ts';
import { youngDependencies } from './young-dependencies.ts';

export function dependencyChanged(
  context: Context,
  changes: DependencyChanges,
  suspicion: Suspicion,
): Verdict {
  const { comparedWith, added, before } = changes;
  const found = exoticFindings(changes);
  if (comparedWith === undefined) {
    const rest = context.input.history === undefined ? notChecked : notAvailable;
    return verdictOf(found, rest.result);
  }
  const young = youngDependencies(context, added);
  found.push(...young.found);
  const names = [...new Set(added.map(({ name }) => name))];
  if (comparedWith === 'same-line' && names.length > 0) {
    const refuse = suspicion.lower || (suspicion.stranger && !context.aged);
    const first = names
      .slice(0, 5)
      .map((name) => quote(name))
      .join(', ');
    const message = `New in a minor or patch release since ${before ?? ''}: ${first}${names.length > 5 ? ` and ${names.length - 5} more` : ''}.`;
    const data = { names: names.slice(0, 20) };
    found.push(finding('dependency-changed', 'added', refuse ? 'fail' : 'warn', message, data));
  }
  // Compared with another line, what is new here may be old in its own.
  const unclear = comparedWith === 'other-line' && names.length > 0;
  return verdictOf(found, worst([unclear ? 'not-available' : 'pass', young.rest]));
}

function exoticFindings({ exotic, usualExotic, before }: DependencyChanges): Finding[] {
  return [
    ...exotic.slice(0, 3).map(({ name, spec }, at) => {
      const message = `Dependency ${quote(name)} comes from ${quote(spec)}, past the registry; ${before ?? ''} did not have that.`;
      return finding('dependency-changed', `exotic/${at}`, 'fail', message, { name, spec });
    }),
    ...usualExotic.slice(0, 3).map(({ name, spec }, at) => {
      const since = before === undefined ? 'there is no earlier version to compare with' : `as in ${before}`;
      const message = `Dependency ${quote(name)} comes from ${quote(spec)}, past the registry and unchecked (${since}).`;
      return finding('dependency-changed', `past-registry/${at}`, 'note', message, { name, spec });
    }),
  ];
}
