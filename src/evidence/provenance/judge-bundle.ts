/** One offered bundle: verified, bound to this release, and what it then says. */
import type { CollectorInput } from '../../core/collector.ts';
import type { SignerIdentity } from '../../core/identity.ts';
import { instantOf } from '../../core/time.ts';
import type { RegistryKey } from '../../core/trust.ts';
import type { BundleFailure, BundleRequest, BundleVerdict, VerifiedBundle } from '../../sigstore/types.ts';
import { backingOf, type Backing } from './backing.ts';
import { fault, publishFault, subjectFault, type AboutRelease, type Fault } from './binding.ts';
import type { Offer } from './document.ts';
import { unkeepableField } from './fields.ts';
import { predicateKind } from './predicates.ts';

export type VerifyBundleElsewhere = (request: BundleRequest) => Promise<BundleVerdict>;

export type BundleReading =
  | {
      readonly kind: 'provenance';
      readonly identity: SignerIdentity;
      readonly time: string;
      readonly predicateType: string;
      readonly verified: VerifiedBundle;
      readonly notBacked: Backing['notBacked'];
    }
  | { readonly kind: 'publish'; readonly time: string; readonly verified: VerifiedBundle }
  /** It verifies, and is of a kind that says nothing here. */
  | { readonly kind: 'unknown'; readonly predicateType: string }
  | {
      readonly kind: 'refused';
      readonly faults: readonly Fault[];
      /** `unable`: we lack the roots or keys to tell; nothing is known against it. */
      readonly what: 'crypto' | 'identity' | 'unable';
    };

export interface BundleContext {
  readonly input: CollectorInput;
  readonly release: AboutRelease;
  /** Of usage `attestations`, of the registry's identity. */
  readonly keys: readonly RegistryKey[];
  /** Whether keys of the registry are known at all, of whatever usage. */
  readonly knowsRegistry: boolean;
  readonly verify: VerifyBundleElsewhere;
}

/** A signed time so far ahead of our clock is an ordinary difference between clocks. */
const clockSkewMs = 10 * 60 * 1000;

/** Rejects as `verify` does, when the check itself failed. */
export async function judgeBundle(offer: Offer, context: BundleContext): Promise<BundleReading> {
  const { input, keys, verify } = context;
  const { trust, now } = input;
  // The subjects are compared here, where name and version are known, so that each mismatch has its own name.
  const verdict = await verify({ bundle: offer.bundle, thing: undefined, roots: trust.sigstore, keys, now });
  if (!verdict.ok) return refusedBy(verdict.failure, verdict.why, context);
  const { statement } = verdict;
  if (statement === undefined)
    return refused('crypto', fault('no-statement', 'The bundle signs no statement, only some bytes.'));
  if (statement.predicateType !== offer.predicateType) {
    const why = `The registry calls it ${shown(offer.predicateType)}; what was signed is ${shown(statement.predicateType)}.`;
    return refused('identity', fault('predicate-type-differs', why));
  }
  const kind = predicateKind(statement.predicateType);
  if (kind === 'unknown') return { kind, predicateType: statement.predicateType };
  const about = subjectFault(statement, context.release) ?? timeFault(verdict, now);
  if (about !== undefined) return refused('identity', about);
  return kind === 'publish' ? readPublish(verdict, context) : readProvenance(verdict);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}

function refused(what: 'crypto' | 'identity' | 'unable', ...faults: readonly Fault[]): BundleReading {
  return { kind: 'refused', faults, what };
}

function refusedBy(failure: BundleFailure, why: string, { knowsRegistry }: BundleContext): BundleReading {
  const unable = failure === 'root-unusable' || (failure === 'key-unknown' && !knowsRegistry);
  return refused(unable ? 'unable' : 'crypto', fault(failure, `A bundle does not verify: ${why}.`));
}

/** Times of logs and timestamp authorities; the verifier has compared them with the certificate. */
function timeFault({ signedTimes }: VerifiedBundle, now: string): Fault | undefined {
  if (signedTimes.length === 0)
    return fault('no-signed-time', 'No log and no timestamp authority says when it was signed.');
  const late = signedTimes.find(({ time }) => !(instantOf(time) <= instantOf(now) + clockSkewMs));
  if (late === undefined) return undefined;
  return fault('signed-in-future', `It was signed at ${late.time}, which has not come.`);
}

/** Only the registry can say that it took a package in: any Fulcio identity could say so too, and peers let it. */
function readPublish(verified: VerifiedBundle, { release, keys }: BundleContext): BundleReading {
  const { signer, statement, signedTimes } = verified;
  if (signer.kind !== 'key')
    return refused(
      'identity',
      fault('publish-signer', 'The publish attestation is not signed by a key of the registry.'),
    );
  const windows = keys.filter((key) => key.keyid === signer.keyid).flatMap((key) => key.usages);
  const isInForce = ({ from, until }: RegistryKey['usages'][number], time: string): boolean =>
    (from === undefined || instantOf(from) <= instantOf(time)) &&
    (until === undefined || instantOf(time) <= instantOf(until));
  if (!windows.some((window) => signedTimes.every(({ time }) => isInForce(window, time))))
    return refused(
      'crypto',
      fault('key-window', 'The key of the registry was not in force when it signed the publish attestation.'),
    );
  const wrong = publishFault(statement?.predicate ?? {}, release);
  if (wrong !== undefined) return refused('identity', wrong);
  return { kind: 'publish', time: signedTimes[0]?.time ?? '', verified };
}

function readProvenance(verified: VerifiedBundle): BundleReading {
  const { signer, statement, signedTimes } = verified;
  if (signer.kind !== 'certificate')
    return refused('identity', fault('provenance-signer', 'The provenance is not signed by a certificate.'));
  const { identity } = signer;
  if (identity.subject.kind !== 'uri' || identity.sourceRepositoryUri === undefined)
    return refused(
      'identity',
      fault('signer-no-build', 'The certificate is not one of a build: it names no repository.'),
    );
  const unkeepable = unkeepableField(identity);
  if (unkeepable !== undefined)
    return refused(
      'identity',
      fault('identity-malformed', `The certificate's ${unkeepable} cannot be kept exactly.`),
    );
  if (statement === undefined)
    return refused('crypto', fault('no-statement', 'The bundle signs no statement.'));
  const { faults, notBacked } = backingOf(statement, identity);
  if (faults.length > 0) return refused('identity', ...faults);
  const { predicateType } = statement;
  return {
    kind: 'provenance',
    identity,
    time: signedTimes[0]?.time ?? '',
    predicateType,
    verified,
    notBacked,
  };
}
