/** The attestation documents of npm's registry: its own statement that it published, and the builder's provenance. */
import type { KeyObject } from 'node:crypto';
import type { JsonObject } from '../../src/core/json.ts';
import type { AttestInput, FakeSigstore } from './sigstore/fake-sigstore.ts';
import { publishPredicateType, publishStatement, releasedOf, type Released } from './sigstore/statements.ts';
import {
  identityOf,
  provenanceV02,
  provenanceV1,
  workflowRun,
  type WorkflowRun,
} from './sigstore/workflow-run.ts';

/** How a version was built and attested. Everything but the Sigstore has a default. */
export interface ProvenanceInput {
  readonly sigstore: FakeSigstore;
  readonly run?: Partial<WorkflowRun>;
  /** Of the predicate; `v0.2` is what npm 9 wrote. */
  readonly slsa?: 'v1' | 'v0.2';
  /** When the provenance was signed; default some seconds before the registry published. */
  readonly signedAt?: Date;
  /** Bent before signing, so that what is wrong is signed as well. */
  readonly statement?: (statement: JsonObject) => JsonObject;
  readonly publishStatement?: (statement: JsonObject) => JsonObject;
  /** Merged into what the fake Sigstore is asked for: other parts, another bundle version, ... */
  readonly attest?: Partial<AttestInput>;
  /** Leaves the registry's own attestation out. */
  readonly withoutPublish?: boolean;
}

export interface AttestedRelease {
  readonly name: string;
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly publishedAt: Date;
  /** Without a slash at its end. */
  readonly registry: string;
  readonly key: { readonly keyid: string; readonly privateKey: KeyObject };
}

const signingToPublishingMs = 4000;

/** As `/-/npm/v1/attestations/<name>@<version>` answers. */
export function attestationDocument(release: AttestedRelease, input: ProvenanceInput): JsonObject {
  const released = releasedOf(release.name, release.version, release.bytes);
  const built = provenance(released, release.publishedAt, input);
  const publish = {
    predicateType: publishPredicateType,
    bundle: input.sigstore.attest({
      statement: (input.publishStatement ?? same)(publishStatement(released, release.registry)),
      key: release.key,
      at: release.publishedAt,
    }),
  };
  return { attestations: input.withoutPublish === true ? [built] : [publish, built] };
}

function provenance(released: Released, publishedAt: Date, input: ProvenanceInput): JsonObject {
  const run = workflowRun(input.run);
  const statement = input.slsa === 'v0.2' ? provenanceV02(released, run) : provenanceV1(released, run);
  return {
    predicateType: predicateTypeOf(input),
    bundle: input.sigstore.attest({
      statement: (input.statement ?? same)(statement),
      identity: identityOf(run),
      at: input.signedAt ?? new Date(publishedAt.getTime() - signingToPublishingMs),
      ...input.attest,
    }),
  };
}

/** `dist.attestations` of the index. */
export function attestationsPointer(
  base: string,
  release: Pick<AttestedRelease, 'name' | 'version'>,
  input?: ProvenanceInput,
): JsonObject {
  return {
    url: `${base}-/npm/v1/attestations/${encodeURIComponent(release.name)}@${release.version}`,
    provenance: { predicateType: predicateTypeOf(input) },
  };
}

function predicateTypeOf(input: ProvenanceInput | undefined): string {
  return `https://slsa.dev/provenance/${input?.slsa ?? 'v1'}`;
}

function same(statement: JsonObject): JsonObject {
  return statement;
}
