/** Is a statement about this release: its subjects, and what npm's publish attestation says of it. */
import { digestsEqual, type ArtifactDigests } from '../../core/digest.ts';
import { ownString, type JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import type { Statement, StatementSubject } from '../../sigstore/types.ts';

/** Something about an attestation that makes it worthless here. */
export interface Fault {
  readonly id: string;
  readonly why: string;
}

export interface AboutRelease {
  readonly name: string;
  readonly version: string;
  readonly artifact: ArtifactDigests;
  /** Whose registry it is, with a port if it has one; lower case. */
  readonly identityHost: string;
}

/**
 * One subject for npm, and it names the package, the version and the bytes. Peers read `subject[0]` alone, or the name
 * from elsewhere.
 */
export function subjectFault({ subjects }: Statement, release: AboutRelease): Fault | undefined {
  const [subject] = subjects;
  if (subject === undefined || subjects.length !== 1)
    return fault('subject-count', `It has ${subjects.length} subjects; for npm there must be one.`);
  const { name, version } = release;
  // npm encodes the `@` of a scope; versions it leaves as they are.
  const names = [formatPurl('npm', name, version), `${formatPurl('npm', name)}@${version}`];
  if (subject.name === undefined || !names.includes(subject.name))
    return fault('subject-name', `It is about ${JSON.stringify(subject.name ?? '')}, not ${names[0] ?? ''}.`);
  return digestFault(subject, release.artifact);
}

function digestFault({ digest }: StatementSubject, artifact: ArtifactDigests): Fault | undefined {
  const claimed = (algorithm: string) => (Object.hasOwn(digest, algorithm) ? digest[algorithm] : undefined);
  const { sha512 } = artifact;
  if (claimed('sha512') === undefined)
    return fault('subject-digest', 'It names no SHA-512 of the bytes it is about.');
  for (const [algorithm, ours] of Object.entries({ sha512, sha256: artifact.sha256, sha1: artifact.sha1 })) {
    const theirs = claimed(algorithm);
    if (theirs !== undefined && !digestsEqual(theirs, ours))
      return fault('subject-digest', `It is about other bytes: their ${algorithm} is another.`);
  }
  return undefined;
}

/** npm/attestation specs/publish/v0.1: which registry took which version. */
export function publishFault(predicate: JsonObject, release: AboutRelease): Fault | undefined {
  const { name, version, identityHost } = release;
  if (ownString(predicate, 'name') !== name || ownString(predicate, 'version') !== version)
    return fault('publish-predicate', 'The publish attestation names another package or version.');
  const registry = ownString(predicate, 'registry') ?? '';
  return registryHost(registry) === identityHost
    ? undefined
    : fault('publish-registry', 'The publish attestation is of another registry.');
}

/** Undefined unless it is an address of a host and nothing else. */
function registryHost(text: string): string | undefined {
  const url = URL.parse(text);
  const isPlain =
    url !== null && url.pathname === '/' && url.search + url.hash + url.username + url.password === '';
  return isPlain && /^https?:$/.test(url.protocol) ? url.host : undefined;
}

export function fault(what: string, why: string): Fault {
  return { id: `provenance/${what}`, why };
}
