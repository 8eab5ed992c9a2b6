/** What upstream changed about versions we admitted: other bytes under a name, or a version gone. */
import type { IndexVersion, IndexView } from '../core/index-view.ts';
import { formatPurl } from '../core/purl.ts';
import { rfc3339, type Clock } from '../core/time.ts';
import { claimsMatch, claimedIntegrity } from './claims.ts';
import type { AdmissionStore, ReleaseSummary } from './deps.ts';
import { recordedReleases } from './recorded.ts';

export async function alarmOnIndexChange(
  store: AdmissionStore,
  clock: Clock,
  view: IndexView,
): Promise<void> {
  const releases = await store.releasesOf(view.upstream, view.name);
  const recorded = recordedReleases(view, releases);
  for (const release of releases.filter((one) => one.admittedAt !== undefined)) {
    const version = recorded.listed(release);
    if (version === undefined) await vanished(store, clock, view, release);
    else if (offersOtherBytes(version, release)) {
      await bytesChanged(store, clock, view, release, claimedIntegrity(version.claimed));
    }
  }
}

/** Under another file name, claims that cannot be compared are other bytes too. */
function offersOtherBytes(version: IndexVersion, { digests, file }: ReleaseSummary): boolean {
  if (digests === undefined) return false;
  const match = claimsMatch(version.claimed, digests);
  return match === 'other' || (match === 'unknown' && version.file !== file);
}

async function vanished(
  store: AdmissionStore,
  clock: Clock,
  view: IndexView,
  release: ReleaseSummary,
): Promise<void> {
  await store.raiseAlarm({
    kind: 'version-vanished',
    severity: 'warning',
    about: formatPurl(view.ecosystem, view.name, release.version),
    message: `${view.name}@${release.version} was admitted here and upstream no longer lists it; the admitted bytes stay served.`,
    data: { file: release.file, artifact: release.digests?.sha256 ?? null },
    at: rfc3339(clock()),
  });
}

async function bytesChanged(
  store: AdmissionStore,
  clock: Clock,
  view: IndexView,
  release: ReleaseSummary,
  claimed: string,
): Promise<void> {
  await store.raiseAlarm({
    kind: 'bytes-changed',
    severity: 'critical',
    about: formatPurl(view.ecosystem, view.name, release.version),
    message: `Upstream now claims other bytes for ${view.name}@${release.version}; they are not admitted, and the admitted bytes stay served.`,
    data: { file: release.file, artifact: release.digests?.sha256 ?? null, claimed: claimed.slice(0, 500) },
    at: rfc3339(clock()),
  });
}
