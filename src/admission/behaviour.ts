/** What a release's install scripts were seen to do: asked when it is assessed, and again whenever it is decided anew. */
import type { BehaviourOutcome } from '../core/behaviour.ts';
import type { Predecessor, ReadingOutcome } from '../core/collector.ts';
import { isSha256, type ArtifactDigests, type Sha256 } from '../core/digest.ts';
import type { Evidence } from '../core/evidence.ts';
import { own, ownString } from '../core/json.ts';
import { formatPurl, parsePurl } from '../core/purl.ts';
import type { Subject } from '../core/subject.ts';
import { rfc3339 } from '../core/time.ts';
import { scriptsRunBy } from '../evidence/scripts/collect.ts';
import type { BehaviourAbout } from './behaviour-deps.ts';
import type { Rooms } from './rooms.ts';

/** Throws STORAGE_*. */
export async function behaviourOf(
  rooms: Rooms,
  subject: Pick<Subject, 'ecosystem' | 'purl'>,
  { sha256 }: ArtifactDigests,
  archive: ReadingOutcome,
  predecessor: Predecessor | undefined,
): Promise<BehaviourOutcome> {
  const scripts = scriptsRunBy(archive);
  if (scripts === undefined)
    return { state: 'not-observed', why: 'what it would run could not be read from its archive' };
  if (Object.keys(scripts).length === 0) return { state: 'no-script' };
  const { version, artifact } = predecessor ?? {};
  return rooms.behaviour({ artifact: sha256, predecessor: comparedWith(subject, version, artifact?.sha256) });
}

function comparedWith(
  { ecosystem, purl }: Pick<Subject, 'ecosystem' | 'purl'>,
  version: string | undefined,
  artifact: Sha256 | undefined,
): BehaviourAbout['predecessor'] {
  if (version === undefined) return undefined;
  return { version, artifact, purl: formatPurl(ecosystem, parsePurl(purl).name, version) };
}

/** What was seen once stands until something else was seen: that nobody looked says nothing. Throws STORAGE_*. */
export async function watched(rooms: Rooms, subject: Subject, stored: Evidence): Promise<Evidence> {
  const collector = rooms.collectors.find((one) => one.kind === stored.kind);
  const { artifact } = subject;
  if (collector?.watched === undefined || artifact === undefined || own(stored.facts, 'watchable') !== true)
    return stored;
  const behaviour = await rooms.behaviour({ artifact, predecessor: predecessorIn(subject, stored) });
  if (behaviour.state !== 'observed') return stored;
  return collector.watched({ subject, stored, behaviour, now: rfc3339(rooms.clock()) });
}

/** With whose scripts the ones that a record is about are compared, as that record says. */
export function predecessorIn(
  subject: Pick<Subject, 'ecosystem' | 'purl'>,
  { facts }: Pick<Evidence, 'facts'>,
): BehaviourAbout['predecessor'] {
  const artifact = ownString(facts, 'beforeArtifact');
  return comparedWith(
    subject,
    ownString(facts, 'before'),
    artifact !== undefined && isSha256(artifact) ? artifact : undefined,
  );
}
