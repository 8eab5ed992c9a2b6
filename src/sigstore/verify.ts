/**
 * Verifies a Sigstore bundle, offline: sigstore/architecture-docs client-spec.md, section "Verification", and stricter where a
 * comment says so. `@sigstore/verify` is the judge beside it in the tests: what is accepted here, it accepts too.
 *
 * First what does not depend on a trusted root (form, algorithms, signature, the log entry's content), then every root in turn.
 */
import { instantOf } from '../core/time.ts';
import { readBundle, type Bundle } from './bundle.ts';
import { authorityOf, expectKnown } from './chain.ts';
import { expectAlive, expectIncluded, provenIndex } from './log.ts';
import { expectBodyBound } from './log-body.ts';
import { BundleRefused, refuse } from './refused.ts';
import { expectLogged } from './sct.ts';
import { expectInUse, signedBy, signerOf, whoSigned, type Signer } from './signer.ts';
import { namesThing, readStatement } from './statement.ts';
import { timestampOf } from './timestamp.ts';
import { trustedRootOf, type TrustedRoot } from './trusted-root.ts';
import type { BundleFailure, BundleRequest, VerifiedBundle, VerifyBundle } from './types.ts';

export const verifyBundle: VerifyBundle = (request) => {
  try {
    return verify(request);
  } catch (error) {
    if (error instanceof BundleRefused) return { ok: false, failure: error.failure, why: error.message };
    // A reader of hostile bytes gave up in a way nobody thought of: that is a bundle we cannot read.
    return { ok: false, failure: 'bundle-malformed', why: 'the bundle cannot be read' };
  }
};

function verify(request: BundleRequest): VerifiedBundle {
  const bundle = readBundle(request.bundle);
  const signed = signedBy(bundle, request.thing);
  const signer = signerOf(bundle, request, signed);
  for (const entry of bundle.entries)
    expectBodyBound(entry, {
      signature: bundle.signature,
      signer: signer.kind === 'certificate' ? signer.leaf.der : signer.key.spki,
      signerKind: signer.kind,
      signedDigest: signed.digest,
      envelope: bundle.content.kind === 'dsse' ? bundle.content : undefined,
    });
  const { root, times } = firstRoot(bundle, signer, request);
  const statement = bundle.content.kind === 'dsse' ? readStatement(bundle.content.payload) : undefined;
  if (statement !== undefined && request.thing !== undefined && !namesThing(statement, request.thing))
    refuse('subject-mismatch', 'the statement is about something else');
  return {
    ok: true,
    signer: whoSigned(signer, request.expected),
    signedTimes: times
      .toSorted((a, b) => a.time - b.time)
      .map(({ by, time }) => ({ by, time: new Date(time).toISOString() })),
    statement,
    root,
    bundleVersion: bundle.version,
    logEntries: bundle.entries.map((entry) => ({
      logId: entry.logId.toString('hex'),
      index: String(provenIndex(entry)),
      kind: `${entry.kind}/${entry.version}`,
    })),
  };
}

interface ProvenTime {
  readonly by: 'log' | 'timestamp-authority';
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** The first root that vouches for everything; else the refusal of the one that came furthest. */
function firstRoot(
  bundle: Bundle,
  signer: Signer,
  { roots, now }: BundleRequest,
): { readonly root: string; readonly times: readonly ProvenTime[] } {
  let best: BundleRefused | undefined;
  for (const { name, trustedRoot } of roots) {
    try {
      return { root: name, times: vouch(bundle, signer, trustedRootOf(trustedRoot), now) };
    } catch (error) {
      if (!(error instanceof BundleRefused)) throw error;
      if (best === undefined || distance(error) > distance(best)) best = error;
    }
  }
  throw best ?? new BundleRefused('root-unusable', 'there is no trusted root');
}

/** A root that knows neither the log nor the authority says least about a bundle. */
const early: readonly BundleFailure[] = ['root-unusable', 'log-unknown', 'certificate-chain'];

function distance({ failure }: BundleRefused): number {
  const at = early.indexOf(failure);
  return at < 0 ? early.length : at;
}

/** Logs, times, certificates, in that order: nothing is valid "now", all of it is valid at the proven times. */
function vouch(bundle: Bundle, signer: Signer, root: TrustedRoot, now: string): readonly ProvenTime[] {
  if (bundle.signer.kind === 'certificate') expectKnown(bundle.signer.further, root);
  const times: ProvenTime[] = [];
  for (const entry of bundle.entries) {
    const time = expectIncluded(entry, bundle.version, root, now);
    if (time !== undefined) times.push({ by: 'log', time });
  }
  for (const token of bundle.timestamps)
    times.push({ by: 'timestamp-authority', time: timestampOf(token, bundle.signature, root, now) });
  if (times.length === 0) refuse('timestamp', 'nobody we trust says when the signature was made');
  const moments = times.map(({ time }) => time);
  if (moments.some((time) => !(time <= instantOf(now) + clockSkewMs)))
    refuse('timestamp', 'the signature is said to have been made in the future');
  for (const entry of bundle.entries) if (entry.promise === undefined) expectAlive(entry, root, moments);
  if (signer.kind === 'key') {
    expectInUse(signer.known, moments);
  } else {
    const issuer = authorityOf(signer.leaf, moments, root, now);
    expectLogged(signer.leaf, issuer, root, now);
  }
  return times;
}

/** A log's clock may be this much ahead of ours. */
const clockSkewMs = 60_000;
