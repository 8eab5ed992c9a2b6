/** What a decision is about, and who acts. */
import { canonicalJson } from './canonical-json.ts';
import { sha256, type Sha256 } from './digest.ts';
import type { Ecosystem, Purl } from './purl.ts';

/** Key of an upstream in the configuration, for example `npm` or `corp`. */
export type UpstreamId = string & { readonly __brand: 'upstream' };

/** What a client connects to: upstream's bytes, or only what was built here. */
export type Channel = 'main' | 'secure';

/** One artifact under one name. The same bytes under another name are another release. */
export interface Subject {
  readonly upstream: UpstreamId;
  readonly channel: Channel;
  readonly ecosystem: Ecosystem;
  readonly purl: Purl;
  /** File name as upstream serves it; bound to the version through the index, never parsed. */
  readonly file: string;
  /** The digests the index claims, as one SRI-like string, strongest first; empty when it claims none. */
  readonly claimedIntegrity: string;
  /** Absent where a refusal needed no bytes. */
  readonly artifact?: Sha256;
}

/** Database key of a release: the digest over what names it (not over its bytes). */
export type ReleaseId = string & { readonly __brand: 'release' };

export function releaseIdOf(subject: Pick<Subject, 'upstream' | 'channel' | 'purl' | 'file'>): ReleaseId {
  const { upstream, channel, purl, file } = subject;
  return sha256(canonicalJson({ channel, file, purl, upstream })).slice(0, 40) as ReleaseId;
}

/** A person, robot or team that acts. `anonymous` and `operator (local)` exist from the start. */
export interface Principal {
  readonly kind: 'anonymous' | 'operator' | 'person' | 'robot' | 'system';
  readonly name: string;
}

export const anonymous: Principal = { kind: 'anonymous', name: 'anonymous' };
export const localOperator: Principal = { kind: 'operator', name: 'operator (local)' };
export const gateItself: Principal = { kind: 'system', name: 'assay' };
