/**
 * Which versions of a package stand in the index a client sees. Steering only: nothing here allows anything.
 * An admitted version never vanishes (pnpm 11+ checks a frozen lockfile against the index); only a deny list
 * or a revocation hides it, and the latter for as long as that decision stands.
 */
import type { Judgement, Reason } from '../core/decision.ts';
import type { JsonObject } from '../core/json.ts';
import type { IndexVersion, IndexView } from '../core/index-view.ts';
import type { ReleaseSummary } from './deps.ts';
import { recordedReleases, type Recorded } from './recorded.ts';

export interface HiddenVersion {
  readonly version: string;
  readonly rules: readonly string[];
  readonly why: string;
  readonly until: string | undefined;
  readonly caseId: string | undefined;
}

/** A version admitted here that upstream deleted, or lists with other bytes now: served as it was admitted. */
export interface KeptVersion {
  readonly version: string;
  readonly manifest: JsonObject;
  readonly time: string | undefined;
}

export interface Visibility {
  readonly hidden: readonly HiddenVersion[];
  /** Admitted versions whose own stored manifest must be listed instead of upstream's. */
  readonly keep: readonly ReleaseSummary[];
  /** Listed by upstream and standing. */
  readonly visible: readonly string[];
  /** The earliest instant at which this answer changes by time alone. */
  readonly validUntil: string;
}

/** What an index shows of a verdict. */
export type IndexVerdict = Pick<Judgement, 'outcome' | 'reasons' | 'validUntil'>;

export interface VisibilityInput {
  readonly view: IndexView;
  /** Upstream answers 404 for the package now. */
  readonly gone: boolean;
  readonly releases: readonly ReleaseSummary[];
  /** Index-stage verdict of one version. */
  readonly verdictOf: (version: IndexVersion, admittedBefore: boolean) => IndexVerdict;
  /** A recorded decision still stands (same epochs, not past its end). */
  readonly stands: (release: ReleaseSummary) => boolean;
  readonly changedBytes: (version: IndexVersion, release: ReleaseSummary) => boolean;
  readonly farFuture: string;
}

export function visibilityOf(input: VisibilityInput): Visibility {
  const recorded = recordedReleases(input.view, input.releases);
  const hidden: HiddenVersion[] = [];
  const keep: ReleaseSummary[] = [];
  const visible: string[] = [];
  let validUntil = input.farFuture;
  const sooner = (instant: string): void => {
    if (instant < validUntil) validUntil = instant;
  };
  for (const version of input.gone ? [] : input.view.versions) {
    const release = recorded.of(version);
    const admitted = release?.admittedAt !== undefined;
    const owner = recorded.fileOwner(version);
    const verdict = input.verdictOf(version, admitted);
    sooner(verdict.validUntil);
    if (verdict.outcome !== 'allow') {
      hidden.push(hiddenBy(version.version, verdict.reasons, release?.caseId));
    } else if (!admitted && owner !== undefined) {
      hidden.push(fileTaken(version, owner));
    } else if (admitted && release !== undefined) {
      if (release.outcome !== 'allow' && input.stands(release)) {
        sooner(release.validUntil);
        hidden.push(refusedEarlier(release));
      } else if (input.changedBytes(version, release)) keep.push(release);
      else visible.push(version.version);
      // Somebody's word that an advisory is wrong ends.
      if (input.stands(release)) sooner(release.validUntil);
    } else if (release !== undefined && hidesAgain(release) && input.stands(release)) {
      sooner(release.validUntil);
      hidden.push(refusedEarlier(release));
    } else {
      visible.push(version.version);
    }
  }
  keep.push(...vanished(input, recorded));
  return { hidden, keep, visible, validUntil };
}

/** Refused earlier. The bait stays listed whatever became of it: it is there to be asked for, and refused. */
function hidesAgain({ outcome, rules }: ReleaseSummary): boolean {
  return outcome !== 'allow' && !(rules.length === 1 && rules[0] === 'npm/bait');
}

/** Admitted here, no longer listed by upstream, and not denied. */
function vanished(input: VisibilityInput, recorded: Recorded): readonly ReleaseSummary[] {
  return input.releases.filter(
    (release) =>
      release.admittedAt !== undefined &&
      release.outcome === 'allow' &&
      (input.gone || recorded.listed(release) === undefined),
  );
}

function fileTaken(version: IndexVersion, owner: ReleaseSummary): HiddenVersion {
  const why = `Its file ${version.file} is the one that ${owner.version} was admitted with.`;
  return { version: version.version, rules: [], why, until: undefined, caseId: undefined };
}

function hiddenBy(version: string, reasons: readonly Reason[], caseId: string | undefined): HiddenVersion {
  const until = reasons.length > 0 && reasons.every((reason) => reason.until !== undefined);
  return {
    version,
    rules: reasons.map((reason) => reason.rule),
    why: reasons.map((reason) => reason.why).join(' '),
    until: until
      ? reasons
          .map((reason) => reason.until ?? '')
          .sort()
          .at(-1)
      : undefined,
    caseId,
  };
}

function refusedEarlier(release: ReleaseSummary): HiddenVersion {
  const { version, rules, why, caseId } = release;
  return { version, rules, why: why ?? 'It was refused when it was assayed.', until: undefined, caseId };
}
