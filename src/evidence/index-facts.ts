/** Facts that an index alone can show: enough to hide a version, never to allow one. */
import type { Observation } from '../core/collector.ts';
import { activityOf, isAtEnd } from '../core/currency.ts';
import { factsSchema, type CheckFacts, type Facts } from '../core/facts.ts';
import type { IndexVersion, IndexView } from '../core/index-view.ts';
import { formatPurl } from '../core/purl.ts';
import { ageOf } from './age/published.ts';
import { deprecationOf } from './deprecation/deprecated.ts';
import type { Finding } from './record.ts';
import { clip } from './record.ts';

/** `now` is RFC 3339 UTC. Kinds: `age` and `deprecation`. */
export function indexFacts(
  view: IndexView,
  version: IndexVersion,
  observation: Observation | undefined,
  now: string,
): Facts {
  const age = ageOf({
    claimedTime: version.claimedTime,
    observation,
    timeOrderTrust: view.timeOrderTrust,
    now,
    activity: activityOf(view, now),
  });
  return {
    schema: factsSchema,
    ecosystem: view.ecosystem,
    purl: formatPurl(view.ecosystem, view.name, version.version),
    name: view.name,
    version: version.version,
    upstream: view.upstream,
    channel: 'main',
    file: version.file,
    artifact: null,
    checks: {
      age: checkOf(age),
      deprecation: checkOf(deprecationOf(version.deprecated, isAtEnd(view, version))),
    },
  };
}

function checkOf(finding: Finding): CheckFacts {
  return {
    result: finding.result,
    summary: clip(finding.summary, 500),
    facts: finding.facts ?? {},
    items: finding.items ?? [],
  };
}
