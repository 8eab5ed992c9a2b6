/**
 * Everything the signer can be asked. Closed, and grows by review: it signs texts that it makes itself from these
 * fields, never bytes that it is handed.
 */
import type { JsonObject } from '../../core/json.ts';
import type { Principal } from '../../core/subject.ts';
import type { CheckpointRequest } from '../log/deps.ts';
import type { Envelope } from '../verify/dsse.ts';
import type { RegistryPublicKey } from './registry-keys.ts';

export type SignerRequest =
  | { readonly kind: 'last'; readonly origin: string }
  | { readonly kind: 'vkeys'; readonly origin: string }
  | ({ readonly kind: 'checkpoint' } & CheckpointRequest)
  | { readonly kind: 'attestation'; readonly origin: string; readonly statement: JsonObject }
  /** Provenance and comparisons of builds, by the builder's key. */
  | { readonly kind: 'build-attestation'; readonly origin: string; readonly statement: JsonObject }
  | { readonly kind: 'builder-keys'; readonly origin: string }
  /** Makes the key that shall sign builds next, and its statement; asked again, the same key. */
  | { readonly kind: 'begin-builder-key'; readonly origin: string; readonly principal: Principal }
  /** It signs builds from now on, and the key before it is destroyed. */
  | ({ readonly kind: 'use-builder-key'; readonly origin: string } & BuilderKeyUse)
  | {
      readonly kind: 'rotate-key';
      readonly origin: string;
      readonly step: RotationStep;
      readonly principal: Principal;
    }
  | { readonly kind: 'registry-keys'; readonly origin: string }
  | ({ readonly kind: 'registry-signature' } & RegistrySignatureRequest)
  | { readonly kind: 'rotate-registry-key'; readonly origin: string };

/** The proof that the ledger knows a builder's key: its entry, and where it is in the log. */
export interface BuilderKeyUse {
  readonly index: number;
  /** Exact text. */
  readonly entry: string;
  /** Hex, of the inclusion in the log as it was signed last. */
  readonly proof: readonly string[];
  /** Opens the entry's statement. */
  readonly salt: string;
  readonly statement: JsonObject;
}

/** Verifier keys of the builder. */
export interface BuilderKeys {
  /** Signs builds; undefined before the first. */
  readonly inForce?: string;
  /** Made, and waiting for its entry in the log. */
  readonly next?: string;
}

export interface NewBuilderKey {
  readonly vkey: string;
  /** Its in-toto statement, signed by the log's keys, by itself, and by the key it replaces. */
  readonly envelope: Envelope;
}

/** To sign one npm release as a registry does. */
export interface RegistrySignatureRequest {
  readonly origin: string;
  readonly name: string;
  readonly version: string;
  /** `sha512-` and 88 characters of base64. */
  readonly integrity: string;
}

/** One entry of `dist.signatures`. */
export interface RegistrySignature {
  readonly keyid: string;
  /** Base64 of ASN.1 DER. */
  readonly sig: string;
}

/**
 * `begin`: a second key is made and signs beside the first. `retire`: the older of the two is destroyed. Asked again, as
 * after a crash, each gives its statement again and changes nothing.
 */
export type RotationStep = 'begin' | 'retire';

export interface KeyRotation {
  /** Keys in force after the step, newest first. */
  readonly vkeys: readonly string[];
  /** The in-toto statement of the step, signed by the old and the new key. */
  readonly envelope: Envelope;
}

/** What each kind is answered with. */
export interface SignerAnswers {
  readonly last: { readonly size: number; readonly root: string };
  readonly vkeys: readonly string[];
  readonly checkpoint: string;
  readonly attestation: Envelope;
  readonly 'build-attestation': Envelope;
  readonly 'builder-keys': BuilderKeys;
  readonly 'begin-builder-key': NewBuilderKey;
  /** The key that signs builds now. */
  readonly 'use-builder-key': string;
  readonly 'rotate-key': KeyRotation;
  /** The key that signs first, then those it replaced, newest first; empty before the first signature. */
  readonly 'registry-keys': readonly RegistryPublicKey[];
  readonly 'registry-signature': RegistrySignature;
  /** As `registry-keys`, after the change. */
  readonly 'rotate-registry-key': readonly RegistryPublicKey[];
}
