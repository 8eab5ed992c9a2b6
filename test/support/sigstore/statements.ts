/** What npm's registry states about a release (npm/attestation, specs/publish/v0.1). */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../src/core/json.ts';

export const publishPredicateType = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';

export interface Released {
  readonly name: string;
  readonly version: string;
  /** Of the tarball, lower-case hex. */
  readonly sha512: string;
}

export function releasedOf(name: string, version: string, bytes: Uint8Array): Released {
  return { name, version, sha512: createHash('sha512').update(bytes).digest('hex') };
}

/** The scope's `@` is percent-encoded, its `/` is not. */
export function purlOf({ name, version }: Pick<Released, 'name' | 'version'>): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
}

/** `registry`: the registry's own URL, without a slash at its end. */
export function publishStatement(released: Released, registry: string): JsonObject {
  const { name, version, sha512 } = released;
  return {
    _type: 'https://in-toto.io/Statement/v0.1',
    subject: [{ name: purlOf(released), digest: { sha512 } }],
    predicateType: publishPredicateType,
    predicate: { name, version, registry },
  };
}
