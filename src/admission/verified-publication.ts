/** What evidence of provenance says of one version's publication, as it is remembered and compared with later ones. */
import type { Evidence } from '../core/evidence.ts';
import type { SignerIdentity, VerifiedPublication } from '../core/identity.ts';

/** Undefined unless provenance was verified, and its time signed. */
export function publicationIn(
  version: string,
  evidence: Evidence | undefined,
): VerifiedPublication | undefined {
  if (evidence?.kind !== 'provenance' || evidence.result !== 'pass') return undefined;
  const text = (name: string): string | undefined => {
    const value = evidence.facts[name];
    return typeof value === 'string' && value !== '' ? value.toWellFormed().replaceAll('\0', '') : undefined;
  };
  const signedTime = text('signedTime');
  const predicateType = text('predicateType');
  if (signedTime === undefined || predicateType === undefined) return undefined;
  const signer = text('signer');
  const identity: SignerIdentity = {
    // A certificate of a workflow has the signer's URI as its subject (sigstore/fulcio docs/oid-info.md, .9).
    subject: signer === undefined ? { kind: 'other', value: '' } : { kind: 'uri', value: signer },
    issuer: text('issuer'),
    buildSignerUri: signer,
    buildSignerDigest: undefined,
    runnerEnvironment: text('runner'),
    sourceRepositoryUri: text('repository'),
    sourceRepositoryDigest: text('commit'),
    sourceRepositoryRef: text('ref'),
    sourceRepositoryId: text('repositoryId'),
    ownerUri: text('ownerUri'),
    ownerId: text('ownerId'),
    buildConfigUri: undefined,
    buildConfigDigest: undefined,
    buildTrigger: text('trigger'),
    runInvocationUri: text('runUri'),
    visibility: undefined,
    deploymentEnvironment: undefined,
  };
  return { version, identity, signedTime, workflow: text('workflow'), predicateType };
}

/** Comparable across packages: by the forge's immutable id where the certificate has it. Undefined: names no owner. */
export function ownerOf({ issuer, ownerId, ownerUri }: SignerIdentity): string | undefined {
  if (ownerId !== undefined) return JSON.stringify([issuer ?? '', 'id', ownerId]);
  return ownerUri === undefined ? undefined : JSON.stringify([issuer ?? '', 'uri', ownerUri.toLowerCase()]);
}
