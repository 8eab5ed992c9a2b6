/** What a statement about a decision is about: the bytes, or the release where a refusal needed none. */
import type { Decision } from '../core/decision.ts';
import type { ArtifactDigests } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import { releaseIdOf } from '../core/subject.ts';

/**
 * A statement's subject must have a digest. Where a refusal needed no bytes it is `assayRelease`, which names
 * the release and matches no bytes anywhere: consumers must ignore algorithms they do not know (digest_set.md).
 * Throws RangeError when `artifact`, which adds the SHA-512, is of other bytes.
 */
export function subjectDescriptor(
  { subject }: Pick<Decision, 'subject'>,
  artifact: Pick<ArtifactDigests, 'sha256' | 'sha512'> | undefined,
): JsonObject {
  if (artifact !== undefined && artifact.sha256 !== subject.artifact) {
    throw new RangeError('these are not the digests of the artifact that was decided on');
  }
  const named = { name: subject.file, uri: subject.purl };
  if (subject.artifact === undefined) {
    return {
      ...named,
      digest: { assayRelease: releaseIdOf(subject) },
      annotations: { assayArtifact: 'none' },
    };
  }
  const sha512 = artifact === undefined ? {} : { sha512: artifact.sha512 };
  return { ...named, digest: { sha256: subject.artifact, ...sha512 } };
}
