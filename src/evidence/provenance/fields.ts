/** The identity behind verified provenance as flat facts, and back: what history learns from stored evidence. */
import type { Evidence, FactValue } from '../../core/evidence.ts';
import type { SignerIdentity, VerifiedPublication } from '../../core/identity.ts';

/** Facts are clipped at 2,000: what is longer could be read as something else. */
const longestField = 1000;

/** A field that could not be kept exactly, or holds what no forge writes; undefined when there is none. */
export function unkeepableField(identity: SignerIdentity): string | undefined {
  const { subject, ...rest } = identity;
  const fields = Object.entries({ ...rest, subject: subject.value });
  return fields.find(
    ([, value]) =>
      value !== undefined && (value.length > longestField || !value.isWellFormed() || hasControls(value)),
  )?.[0];
}

function hasControls(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /[\u0000-\u001f\u007f]/.test(text);
}

/** All of the certificate's fields, by the names that policy and expectations read. */
export function identityFacts(identity: SignerIdentity): Readonly<Record<string, FactValue>> {
  return {
    issuer: identity.issuer ?? null,
    repository: identity.sourceRepositoryUri ?? null,
    repositoryId: identity.sourceRepositoryId ?? null,
    ownerUri: identity.ownerUri ?? null,
    ownerId: identity.ownerId ?? null,
    workflow: workflowPath(identity) ?? null,
    ref: identity.sourceRepositoryRef ?? null,
    commit: identity.sourceRepositoryDigest ?? null,
    trigger: identity.buildTrigger ?? null,
    runner: identity.runnerEnvironment ?? null,
    runUri: identity.runInvocationUri ?? null,
    // Certificates from before May 2023 have no .9; Fulcio puts the same into the subject.
    signer: identity.buildSignerUri ?? (identity.subject.kind === 'uri' ? identity.subject.value : null),
    signerDigest: identity.buildSignerDigest ?? null,
    subject: identity.subject.value,
    subjectKind: identity.subject.kind,
    buildConfig: identity.buildConfigUri ?? null,
    buildConfigDigest: identity.buildConfigDigest ?? null,
    visibility: identity.visibility ?? null,
    environment: identity.deploymentEnvironment ?? null,
  };
}

const noIdentity: SignerIdentity = {
  subject: { kind: 'other', value: '' },
  issuer: undefined,
  buildSignerUri: undefined,
  buildSignerDigest: undefined,
  runnerEnvironment: undefined,
  sourceRepositoryUri: undefined,
  sourceRepositoryDigest: undefined,
  sourceRepositoryRef: undefined,
  sourceRepositoryId: undefined,
  ownerUri: undefined,
  ownerId: undefined,
  buildConfigUri: undefined,
  buildConfigDigest: undefined,
  buildTrigger: undefined,
  runInvocationUri: undefined,
  visibility: undefined,
  deploymentEnvironment: undefined,
};

/** The same names with `null`: nothing was verified. */
export const noIdentityFacts: Readonly<Record<string, FactValue>> = Object.fromEntries(
  Object.keys(identityFacts(noIdentity)).map((name) => [name, null]),
);

/**
 * What evidence of kind `provenance` verified about a version; undefined when it verified none. `buildSignerUri` is
 * the subject where an old certificate has no such field.
 */
export function publicationFrom(
  version: string,
  { facts, result }: Evidence,
): VerifiedPublication | undefined {
  const text = (name: string): string | undefined => {
    const value = Object.hasOwn(facts, name) ? facts[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const signedTime = text('signedTime');
  const predicateType = text('predicateType');
  if (result !== 'pass' || signedTime === undefined || predicateType === undefined) return undefined;
  const signer = text('signer');
  const kind = text('subjectKind') ?? (signer === undefined ? 'other' : 'uri');
  const identity: SignerIdentity = {
    subject: {
      kind: kind === 'uri' || kind === 'email' ? kind : 'other',
      value: text('subject') ?? signer ?? '',
    },
    issuer: text('issuer'),
    buildSignerUri: signer,
    buildSignerDigest: text('signerDigest'),
    runnerEnvironment: text('runner'),
    sourceRepositoryUri: text('repository'),
    sourceRepositoryDigest: text('commit'),
    sourceRepositoryRef: text('ref'),
    sourceRepositoryId: text('repositoryId'),
    ownerUri: text('ownerUri'),
    ownerId: text('ownerId'),
    buildConfigUri: text('buildConfig'),
    buildConfigDigest: text('buildConfigDigest'),
    buildTrigger: text('trigger'),
    runInvocationUri: text('runUri'),
    visibility: text('visibility'),
    deploymentEnvironment: text('environment'),
  };
  return { version, identity, signedTime, workflow: text('workflow'), predicateType };
}

/**
 * The file of .18 inside its repository, without ref; with its repository's address where that is another one than
 * .12. Cut at the end by the ref that is signed, so that no `@` in a name is taken for the separator.
 */
export function workflowPath(identity: SignerIdentity): string | undefined {
  const { buildConfigUri: uri, sourceRepositoryUri: repository, sourceRepositoryRef: ref } = identity;
  if (uri === undefined) return undefined;
  const end =
    ref !== undefined && uri.endsWith(`@${ref}`) ? uri.length - ref.length - 1 : uri.lastIndexOf('@refs/');
  const file = end < 0 ? uri : uri.slice(0, end);
  if (repository === undefined || !file.startsWith(`${repository}/`)) return file;
  // GitLab writes two slashes.
  return file.slice(repository.length + 1).replace(/^\//, '');
}
