/**
 * The life of an artifact, from "may I have this file?" to the answer. Single-flight per release and idempotent:
 * the same release under the same policy and the same evidence gives the same decision.
 */
import type { ArtifactDigests } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { UpstreamId } from '../core/subject.ts';
import {
  admittedByFile,
  askedNow,
  current,
  decide,
  decideKept,
  lookOr,
  packageOf,
  standing,
} from './decide-release.ts';
import { isComplete } from './assess.ts';
import type { FileRequest, PackageName, ReleaseRecord } from './deps.ts';
import type { IndexState } from './indexes.ts';
import { createLru } from './lru.ts';
import type { Rooms } from './rooms.ts';
import { createSingleFlight } from './single-flight.ts';

export type FileOutcome =
  | { readonly state: 'allowed'; readonly release: ReleaseRecord; readonly artifact: ArtifactDigests }
  | { readonly state: 'refused'; readonly release: ReleaseRecord }
  | { readonly state: 'absent' };

export interface Admission {
  /** Throws UPSTREAM_* when upstream cannot be asked and nothing admitted answers; STORAGE_*. */
  readonly admit: (request: FileRequest) => Promise<FileOutcome>;
  /** A recorded decision about the package still stands: nothing it rests on changed, and it is not past its end. */
  readonly stands: (
    decision: Pick<ReleaseRecord['decision'], 'epochs' | 'validUntil'>,
    about: PackageName,
  ) => boolean;
  /**
   * Judges an admitted release anew by what the feeds say now, without its index or its bytes; undefined when none is
   * on record, or its decision stands. Throws STORAGE_*.
   */
  readonly reconsider: (request: FileRequest) => Promise<ReleaseRecord | undefined>;
  /** Rises with (at least) every decision recorded about the package: what was made from them may be out of date. */
  readonly decisionsAbout: (upstream: UpstreamId, name: string) => number;
}

/** What a file request was answered with last. */
interface Remembered {
  readonly release: ReleaseRecord;
  /** The index it was decided from; one that was never admitted is decided anew from another. */
  readonly index: IndexState | undefined;
}

const rememberedReleases = 50_000;
const markedPackages = 50_000;

export function createAdmission(rooms: Rooms): Admission {
  const once = createSingleFlight();
  const remembered = createLru<Remembered>(rememberedReleases, () => 1);
  const marks = new Map<string, number>();
  let mark = 0;
  /** What every package stands at that has no mark of its own. */
  let floor = 0;
  const stands: Admission['stands'] = (decision, about) => standing(rooms, decision, about);

  async function admit(request: FileRequest): Promise<FileOutcome> {
    const key = `${request.upstream} ${request.name} ${request.file}`;
    const hot = request.bytesLost === true ? undefined : remembered.get(key);
    if (
      hot !== undefined &&
      stands(hot.release.decision, packageOf(hot.release)) &&
      (await isCurrent(hot, request))
    )
      return answer(hot.release);
    return once(key, async () => {
      const release = await decideCounted(request);
      if (release === undefined) return { state: 'absent' };
      const index = release.admittedAt === undefined ? await lookOr(rooms, request) : undefined;
      if (!(index instanceof Error))
        remembered.set(key, { release: { ...release, evidence: [], indexManifest: {} }, index });
      return answer(release);
    });
  }

  /** Whatever was recorded on the way, also when it failed after that, is about this package. */
  async function decideCounted(request: FileRequest): Promise<ReleaseRecord | undefined> {
    const about = `${request.upstream} ${request.name}`;
    const count = (): void => {
      mark += 1;
      // Invented names must not fill memory while upstream is down: now and then every package gets a new mark.
      if (marks.size >= markedPackages) {
        marks.clear();
        floor = mark;
      } else marks.set(about, mark);
    };
    try {
      const release = await current(rooms, () => decide(rooms, request));
      if (release !== undefined) count();
      return release;
    } catch (error) {
      count();
      throw error;
    }
  }

  /** The admitted stay as they are, whatever the index says; what was refused may be claimed otherwise by now. */
  async function isCurrent({ release, index }: Remembered, request: FileRequest): Promise<boolean> {
    if (release.admittedAt !== undefined) return release.artifact !== undefined;
    return (await lookOr(rooms, request)) === index;
  }

  /** Under a key of its own: a request that began before the change must not answer for it. */
  function reconsider(request: FileRequest): Promise<ReleaseRecord | undefined> {
    const { upstream, name, file } = request;
    return once(`again ${upstream} ${name} ${file}`, async () => {
      const stored = await admittedByFile(rooms, request);
      if (stored === undefined || standing(rooms, stored.decision, packageOf(stored))) return undefined;
      const about = `${upstream} ${name}`;
      const asked = askedNow(rooms, packageOf(stored), request.principal);
      // What an upgrade looks at besides is not collected here: that is left to the next request for the file.
      const isWhole = isComplete(rooms, stored.evidence, true);
      const allowedUnder = isWhole ? asked.epochs.policy : stored.decision.epochs.policy;
      try {
        return await decideKept(rooms, stored, { ...asked, allowedUnder });
      } finally {
        mark += 1;
        marks.set(about, mark);
      }
    });
  }

  return {
    admit,
    stands,
    reconsider,
    decisionsAbout: (upstream, name) => marks.get(`${upstream} ${name}`) ?? floor,
  };
}

function answer(release: ReleaseRecord): FileOutcome {
  if (release.decision.outcome !== 'allow') return { state: 'refused', release };
  // Policy may let pass what could not be fetched (observe); there are no verified bytes to serve all the same.
  if (release.artifact === undefined) {
    throw new AssayError('BLOB_MISSING', `no verified bytes of ${release.subject.purl} are stored`);
  }
  return { state: 'allowed', release, artifact: release.artifact };
}
