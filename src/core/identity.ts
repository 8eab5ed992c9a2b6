/**
 * Who signed, as exact typed fields of a Fulcio certificate (sigstore/fulcio docs/oid-info.md, 1.3.6.1.4.1.57264.1.N).
 * Compared field by field, never by substring or pattern. Strings are as signed; hostile all the same.
 */
export interface SignerIdentity {
  readonly subject: { readonly kind: 'uri' | 'email' | 'other'; readonly value: string };
  /** .8, else the deprecated .1 */
  readonly issuer: string | undefined;
  /** .9 */
  readonly buildSignerUri: string | undefined;
  /** .10 */
  readonly buildSignerDigest: string | undefined;
  /** .11: `github-hosted` or `self-hosted` */
  readonly runnerEnvironment: string | undefined;
  /** .12, else the host of a URI subject + the deprecated .5, when the subject lies in that repository */
  readonly sourceRepositoryUri: string | undefined;
  /** .13, else .3 */
  readonly sourceRepositoryDigest: string | undefined;
  /** .14, else .6 */
  readonly sourceRepositoryRef: string | undefined;
  /** .15: immutable */
  readonly sourceRepositoryId: string | undefined;
  /** .16 */
  readonly ownerUri: string | undefined;
  /** .17: immutable */
  readonly ownerId: string | undefined;
  /** .18 */
  readonly buildConfigUri: string | undefined;
  /** .19 */
  readonly buildConfigDigest: string | undefined;
  /** .20, else .2 */
  readonly buildTrigger: string | undefined;
  /** .21 */
  readonly runInvocationUri: string | undefined;
  /** .22 */
  readonly visibility: string | undefined;
  /** .23 */
  readonly deploymentEnvironment: string | undefined;
}

/** One version of a package whose provenance was verified here: crypto, subject and time. */
export interface VerifiedPublication {
  readonly version: string;
  readonly identity: SignerIdentity;
  /** Of the provenance: signed by a log or timestamp authority. RFC 3339 UTC. */
  readonly signedTime: string;
  /** Path of the workflow inside the repository (from .18), without host and ref. */
  readonly workflow: string | undefined;
  readonly predicateType: string;
}
