/**
 * What a bundle says, in plain words, and which of it holds. Saying is not proving: a certificate's names are believed only
 * where the whole bundle verifies, and even then nobody has compared them with whom to expect.
 */
import type { SignerIdentity } from '../../core/identity.ts';
import { own, type JsonObject } from '../../core/json.ts';
import type { RegistryKey, TrustMaterial } from '../../core/trust.ts';
import { readAttestations } from '../../evidence/provenance/document.ts';
import { readBundle, type Bundle } from '../../sigstore/bundle.ts';
import { readCertificate } from '../../sigstore/certificate.ts';
import { identityOf } from '../../sigstore/identity.ts';
import { readStatement } from '../../sigstore/statement.ts';
import type { BundleVerdict, Statement } from '../../sigstore/types.ts';
import { verifyBundle } from '../../sigstore/verify.ts';

export interface InspectedLine {
  readonly label: string;
  /** May quote hostile text. */
  readonly text: string;
}

export interface InspectedBundle {
  /**
   * `holds`: signature, certificate or key, times and log entries were verified. `refused`: they were not, so every line
   * may be anybody's invention. `not-verified`: nothing could be told without the bytes it signs, or without its key.
   */
  readonly state: 'holds' | 'refused' | 'not-verified';
  readonly verdict: string;
  readonly lines: readonly InspectedLine[];
}

export interface Inspection {
  readonly bundles: readonly InspectedBundle[];
  /** Why there are none, or not all; undefined when nothing is wrong. */
  readonly problem: string | undefined;
}

const subjectsShown = 20;

/** Never throws for anything in the document: a bundle, or a registry's answer with a list of them. `now`: RFC 3339 UTC. */
export function inspectDocument(document: JsonObject, trust: TrustMaterial, now: string): Inspection {
  if (own(document, 'attestations') === undefined)
    return { bundles: [inspectBundle(document, undefined, trust, now)], problem: undefined };
  const read = readAttestations(document);
  if (read.state === 'read') {
    const bundles = read.offers.map((offer) => inspectBundle(offer.bundle, offer.predicateType, trust, now));
    return { bundles, problem: undefined };
  }
  const problem = read.state === 'empty' ? 'The list of attestations is empty.' : read.why;
  return { bundles: [], problem };
}

function inspectBundle(
  document: JsonObject,
  announced: string | undefined,
  trust: TrustMaterial,
  now: string,
): InspectedBundle {
  const bundle = attempt(() => readBundle(document));
  if (typeof bundle === 'string')
    return { state: 'refused', verdict: `It cannot be read as a bundle: ${bundle}.`, lines: [] };
  const keys: readonly RegistryKey[] = [...trust.registryKeys.values()].flat();
  const verdict = verifyBundle({ bundle: document, thing: undefined, roots: trust.sigstore, keys, now });
  const lines = [
    { label: 'form', text: `Sigstore bundle ${bundle.version}` },
    ...signerLines(bundle),
    ...timeLines(bundle, verdict),
    ...contentLines(bundle, announced),
  ];
  return { ...stateOf(bundle, verdict), lines };
}

function stateOf(bundle: Bundle, verdict: BundleVerdict): Pick<InspectedBundle, 'state' | 'verdict'> {
  if (verdict.ok)
    return {
      state: 'holds',
      verdict: `Verified: signature, ${verdict.signer.kind}, time and log, by ${verdict.root}. NOT verified: that it is about your file, and that the signer is whom you expect.`,
    };
  const needsMore = verdict.failure === 'key-unknown' || bundle.content.kind === 'message';
  return needsMore
    ? {
        state: 'not-verified',
        verdict: `NOT VERIFIED: ${bundle.content.kind === 'message' ? 'it signs bytes that are not here' : 'its key is not known here'}. Everything below is only what the file says.`,
      }
    : {
        state: 'refused',
        verdict: `DOES NOT HOLD (${verdict.failure}): ${verdict.why}. Everything below is only what the file says.`,
      };
}

function signerLines({ signer }: Bundle): readonly InspectedLine[] {
  if (signer.kind === 'key') return [{ label: 'signed with', text: `the key named ${quoted(signer.hint)}` }];
  const read = attempt(() => {
    const certificate = readCertificate(signer.leaf, 'certificate-chain', 'the certificate');
    return { certificate, identity: identityOf(certificate) };
  });
  if (typeof read === 'string')
    return [{ label: 'signed by', text: `a certificate that cannot be read (${read})` }];
  const { certificate, identity } = read;
  const [from, until] = [certificate.notBefore, certificate.notAfter].map(instant);
  return [
    ...identityLines(identity),
    { label: 'certificate', text: `valid from ${from ?? ''} to ${until ?? ''}` },
  ];
}

function identityLines(identity: SignerIdentity): readonly InspectedLine[] {
  const numbered = (text: string | undefined, id: string | undefined): string | undefined =>
    text === undefined ? undefined : `${text}${id === undefined ? '' : ` (id ${id})`}`;
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['signed by', identity.subject.value],
    ['vouched by', identity.issuer],
    ['source', numbered(identity.sourceRepositoryUri, identity.sourceRepositoryId)],
    ['owner', numbered(identity.ownerUri, identity.ownerId)],
    ['commit', identity.sourceRepositoryDigest],
    ['ref', identity.sourceRepositoryRef],
    ['workflow', identity.buildConfigUri],
    ['signer', identity.buildSignerUri],
    ['trigger', identity.buildTrigger],
    ['runner', identity.runnerEnvironment],
    ['run', identity.runInvocationUri],
    ['environment', identity.deploymentEnvironment],
  ];
  return fields.flatMap(([label, text]) => (text === undefined ? [] : [{ label, text }]));
}

function timeLines({ entries, timestamps }: Bundle, verdict: BundleVerdict): readonly InspectedLine[] {
  const proven = verdict.ok
    ? verdict.signedTimes.map(({ by, time }) => ({
        label: 'signed at',
        text: `${time}, says a ${by === 'log' ? 'log' : 'timestamp authority'}`,
      }))
    : [];
  const logged = entries.map(({ index, logId, kind, version, integratedTime }) => ({
    label: 'logged',
    text: `entry ${index} (${kind}/${version}) of log ${logId.toString('hex').slice(0, 16)}${integratedTime === undefined ? '' : `, at ${instant(Number(integratedTime) * 1000)} by its own word`}`,
  }));
  const stamped =
    timestamps.length === 0
      ? []
      : [{ label: 'timestamps', text: `${timestamps.length} by a timestamp authority` }];
  return [...proven, ...logged, ...stamped];
}

function contentLines({ content }: Bundle, announced: string | undefined): readonly InspectedLine[] {
  if (content.kind === 'message')
    return [{ label: 'about', text: `bytes with ${content.hash} ${content.digest.toString('hex')}` }];
  const statement = attempt(() => readStatement(content.payload));
  if (typeof statement === 'string')
    return [{ label: 'says', text: `something that is no in-toto statement (${statement})` }];
  const mismatch =
    announced === undefined || announced === statement.predicateType
      ? []
      : [{ label: 'BEWARE', text: `it is announced as ${quoted(announced)}, which is not what was signed` }];
  return [
    { label: 'says', text: `${kindOf(statement)} (${statement.predicateType})` },
    ...mismatch,
    ...subjectLines(statement),
  ];
}

function subjectLines({ subjects }: Statement): readonly InspectedLine[] {
  const shown = subjects.slice(0, subjectsShown).map(({ name, digest }) => ({
    label: 'about',
    text: `${name ?? 'something without a name'}: ${Object.entries(digest)
      .map(([algorithm, hex]) => `${algorithm} ${hex}`)
      .join(', ')}`,
  }));
  const more = subjects.length - shown.length;
  return more === 0 ? shown : [...shown, { label: 'about', text: `and ${more} more` }];
}

const kinds: Readonly<Record<string, string>> = {
  'https://slsa.dev/provenance/v1': 'how it was built',
  'https://slsa.dev/provenance/v0.2': 'how it was built',
  'https://slsa.dev/verification_summary/v1': 'that somebody checked it, and with what outcome',
  'https://github.com/npm/attestation/tree/main/specs/publish/v0.1': 'that the registry took it in',
};

function kindOf({ predicateType }: Statement): string {
  return (
    (Object.hasOwn(kinds, predicateType) ? kinds[predicateType] : undefined) ??
    'something of a kind not known here'
  );
}

function instant(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : 'no time';
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200).toWellFormed());
}

/** Why it cannot be read, where it cannot. */
function attempt<T extends object>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable';
  }
}
