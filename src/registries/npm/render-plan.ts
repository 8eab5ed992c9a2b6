/** What stands in a package's index for a client: decided elsewhere, applied here. */
import type { JsonObject } from '../../core/json.ts';
import type { OwnSignature } from './own-signature.ts';

/** A version that was admitted and is served as it was then: upstream deleted it, or offers other bytes now. */
export interface KeptVersion {
  readonly version: string;
  /** Its object in the index at that time, with upstream's `dist.tarball`. */
  readonly manifest: JsonObject;
  /** RFC 3339; undefined leaves upstream's own entry in `time`, if there is one. */
  readonly time: string | undefined;
}

export interface RenderPlan {
  /** Leave versions, time and every tag. Wins over `kept`. */
  readonly hidden: readonly string[];
  readonly kept: readonly KeptVersion[];
  /** Signatures of ours, for versions that stand. */
  readonly signed?: readonly OwnSignature[];
  /** Every key id of ours, retired ones too: an entry under one of them that is not in `signed` does not stay. */
  readonly ownKeyids?: readonly string[];
  /** Makes npm say why a version is not there (`policyRestrictions`). The message may be hostile text. */
  readonly restrictions: { readonly message: string; readonly versions: readonly string[] } | undefined;
  /** Upstream answers 404 for the package now: only what is kept stands. */
  readonly gone?: boolean;
}

export const emptyPlan: RenderPlan = { hidden: [], kept: [], restrictions: undefined };
