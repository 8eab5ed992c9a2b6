/** How one advisory is told. */
import type { AdvisoryMatch } from '../../core/advisory.ts';
import type { EvidenceItem } from '../../core/evidence.ts';
import type { JsonObject } from '../../core/json.ts';

export function vulnerabilityItem(match: AdvisoryMatch): EvidenceItem {
  return {
    id: `vulnerabilities/vulnerability/${match.id}`,
    message: `${titleOf(match)}: ${match.summary || 'no summary'} (${severityWords(match)}; ${fixWords(match)})`,
    data: matchData(match),
  };
}

/** The id that people search for first. */
export function titleOf({ id, aliases }: AdvisoryMatch): string {
  const cve = id.startsWith('CVE-') ? undefined : aliases.find((one) => one.startsWith('CVE-'));
  return cve === undefined ? id : `${id} (${cve})`;
}

function severityWords({ severity, score, kev }: AdvisoryMatch): string {
  const scored = score === null ? `severity ${severity}` : `${severity}, CVSS ${score.toFixed(1)}`;
  return kev === null ? scored : `${scored}, known to be exploited since ${kev.added}`;
}

function fixWords({ fixed }: AdvisoryMatch): string {
  return fixed.length === 0 ? 'no fix is known' : `fixed in ${fixed.slice(0, 5).join(', ')}`;
}

export function matchData(match: AdvisoryMatch): JsonObject {
  const { id, aliases, severity, score, vector, fixed, sources, epss, kev } = match;
  return {
    id,
    aliases,
    severity,
    score,
    vector,
    fixed,
    sources,
    modified: match.modified,
    ...(match.published !== undefined && { published: match.published }),
    ...(epss !== null && { epss }),
    ...(kev !== null && { kev: { added: kev.added, ...(kev.due !== undefined && { due: kev.due }) } }),
  };
}
