/** Does the certificate back what the provenance says? Every field that both have must be equal, to the letter. */
import type { SignerIdentity } from '../../core/identity.ts';
import type { Statement } from '../../sigstore/types.ts';
import { fault, type Fault } from './binding.ts';
import { provenanceClaims, type Claim, type ClaimField } from './claims.ts';
import { workflowPath } from './fields.ts';

export interface Backing {
  readonly faults: readonly Fault[];
  /** Fields that the certificate says nothing of: the build's own word, which nothing here rests on. */
  readonly notBacked: readonly ClaimField[];
}

export function backingOf(statement: Statement, identity: SignerIdentity): Backing {
  const { claims, fault: why } = provenanceClaims(statement, identity);
  if (why !== undefined)
    return {
      faults: [fault('predicate-malformed', `The provenance cannot be read: ${why}.`)],
      notBacked: [],
    };
  const compared = claims.map((one) => ({ one, backed: backedValue(one.field, identity) }));
  const disagreeing = compared.filter(
    ({ one, backed }) => backed !== undefined && backed !== one.value && !isBeside(one, backed),
  );
  const faults = disagreeing.map(({ one, backed }) => disagreement(one, backed ?? ''));
  const notBacked = compared.flatMap(({ one, backed }) => (backed === undefined ? [one.field] : []));
  return { faults, notBacked: [...new Set(notBacked)] };
}

const workflowUri = /^(https:\/\/[^/@]+\/[^/@]+\/[^/@]+)\/\.github\/workflows\/[^/@]+@(.+)$/;

/** A delegator signs for the builders in its own repository, at its own ref (slsa-github-generator, BYOB.md). */
function isBeside({ field, value = '' }: Claim, backed: string): boolean {
  if (field !== 'signer') return false;
  const [, repository, ref] = workflowUri.exec(value) ?? [];
  const [, itsRepository, itsRef] = workflowUri.exec(backed) ?? [];
  return repository !== undefined && repository === itsRepository && ref === itsRef;
}

function disagreement({ field, value }: Claim, backed: string): Fault {
  const said = value === undefined ? 'no text' : JSON.stringify(value.slice(0, 120));
  const why = `The provenance says ${said} of the ${field}, the certificate ${JSON.stringify(backed.slice(0, 120))}.`;
  return fault(`disagrees-${field}`, why);
}

function backedValue(field: ClaimField, identity: SignerIdentity): string | undefined {
  switch (field) {
    case 'repository':
      return identity.sourceRepositoryUri;
    case 'repositoryId':
      return identity.sourceRepositoryId;
    case 'ownerId':
      return identity.ownerId;
    case 'ref':
      return identity.sourceRepositoryRef;
    case 'commit':
      return identity.sourceRepositoryDigest;
    case 'workflow':
      return identity.buildConfigUri;
    case 'workflowPath':
      return workflowPath(identity);
    case 'workflowDigest':
      return identity.buildConfigDigest;
    case 'trigger':
      return identity.buildTrigger;
    case 'run':
      return identity.runInvocationUri;
    case 'runner':
      return identity.runnerEnvironment;
    case 'signer':
      return identity.buildSignerUri ?? identity.subject.value;
    case 'builder':
      return undefined;
    default:
      return field satisfies never;
  }
}
