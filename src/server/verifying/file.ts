/** A file against the bundle that came with it, with a pinned or given trust root and no network. */
import { AssayError, messageOf } from '../../core/errors.ts';
import { own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import type { RegistryKey, TrustMaterial } from '../../core/trust.ts';
import { readAttestations } from '../../evidence/provenance/document.ts';
import { verifyBundle } from '../../sigstore/verify.ts';
import type { BundleVerdict, SignedThing, VerifiedBundle } from '../../sigstore/types.ts';
import { pinnedTrust, readTrustedRoot } from '../../trust/pinned.ts';
import { readBoundedFile } from '../bounded-file.ts';
import { jsonObjectOf, readSpki } from './gate-signature.ts';
import { concluded, type Step, type Verification } from './steps.ts';

/** Whom the signer must be: exactly this certificate's subject and issuer, or exactly this key. */
export type ExpectedSigner =
  | { readonly kind: 'certificate'; readonly subject: string; readonly issuer: string }
  | { readonly kind: 'key'; readonly spki: string };

export interface FileInput {
  readonly about: string;
  readonly thing: SignedThing;
  /** A Sigstore bundle, or a registry's answer with a list of them. */
  readonly bundle: JsonObject;
  readonly trust: TrustMaterial;
  readonly expected: ExpectedSigner;
  /** RFC 3339 UTC. */
  readonly now: string;
}

export const fileLimits = { fileBytes: 1024 * 1024 * 1024, bundleBytes: 32 * 1024 * 1024 } as const;

/** Never throws for anything in the file or the bundle. */
export function verifyFile(input: FileInput): Verification {
  const { about, bundle } = input;
  if (own(bundle, 'attestations') === undefined) return concluded(about, stepsOf(input, bundle).steps);
  const read = readAttestations(bundle);
  if (read.state !== 'read') {
    const text =
      read.state === 'empty' ? 'The list of attestations is empty: nothing was checked.' : read.why;
    return concluded(about, [{ name: 'bundle', result: 'failed', text }]);
  }
  const judged = read.offers.map((offer) => stepsOf(input, offer.bundle, registryKeysOf(input.trust)));
  const steps = judged.flatMap(({ steps }, at) =>
    steps.map((step) => ({ ...step, name: `${at + 1}: ${step.name}` })),
  );
  // What a registry signs beside it says nothing about the signer that was named.
  const nobody: Step = {
    name: 'signer',
    result: 'failed',
    text: 'None of them is signed by whom you named.',
  };
  return concluded(about, judged.some(({ byExpected }) => byExpected) ? steps : [...steps, nobody]);
}

interface Judged {
  readonly steps: readonly Step[];
  readonly byExpected: boolean;
}

/** `beside`: keys of registries, whose own attestations stand in one list with those of the signer that was named. */
function stepsOf(
  { thing, trust, expected, now }: FileInput,
  bundle: JsonObject,
  beside: readonly RegistryKey[] = [],
): Judged {
  const hint = hintOf(bundle);
  const isBeside = expected.kind === 'certificate' && beside.some(({ keyid }) => keyid === hint);
  const verdict = verifyBundle({
    bundle,
    thing,
    roots: trust.sigstore,
    keys: isBeside ? beside : expected.kind === 'key' ? [givenKey(expected.spki, hint ?? '')] : [],
    ...(expected.kind === 'certificate' &&
      !isBeside && { expected: { subject: expected.subject, issuer: expected.issuer } }),
    now,
  });
  if (!verdict.ok) return { steps: [refusedStep(verdict)], byExpected: false };
  const isMeant = !isBeside && verdict.signer.kind === expected.kind;
  return { steps: [...commonSteps(verdict), signerStep(verdict, isBeside, isMeant)], byExpected: isMeant };
}

function registryKeysOf({ registryKeys }: TrustMaterial): readonly RegistryKey[] {
  return [...registryKeys.values()].flat();
}

function hintOf(bundle: JsonObject): string | undefined {
  const key = ownObject(ownObject(bundle, 'verificationMaterial') ?? {}, 'publicKey');
  return key === undefined ? undefined : (ownString(key, 'hint') ?? '');
}

/** The bundle's hint is only a label: the one key that was given is the one that must have signed, whatever it says. */
function givenKey(spki: string, keyid: string): RegistryKey {
  const usages = [{ usage: 'attestations', from: undefined, until: undefined }] as const;
  return { keyid, spki, usages, source: 'configured' };
}

function refusedStep({ failure, why }: Extract<BundleVerdict, { ok: false }>): Step {
  return { name: failure, result: 'failed', text: `${why} (Nothing of this bundle is believed.)` };
}

/** Each was checked by the verifier, which says nothing at all before all of them held. */
function commonSteps(verified: VerifiedBundle): readonly Step[] {
  const { signer, signedTimes, statement, root, bundleVersion, logEntries } = verified;
  const passed = (name: string, text: string): Step => ({ name, result: 'passed', text });
  const times = signedTimes.map(
    ({ by, time }) => `${time} (${by === 'log' ? 'a log' : 'a timestamp authority'} of ${root})`,
  );
  const entries = logEntries.map(({ kind, index }) => `entry ${index} (${kind})`);
  return [
    passed('bundle', `A whole bundle of version ${bundleVersion}.`),
    passed('log', `In a known log as ${entries.join(', ')}, bound to this very signature.`),
    passed('time', `Signed at ${times.join(', ')}.`),
    ...(signer.kind === 'key'
      ? []
      : [
          passed(
            'certificate',
            `Issued by an authority of ${root}, meant for signing, logged as issued, and valid at that time.`,
          ),
        ]),
    passed('signature', 'The signature is right.'),
    passed(
      'subject',
      statement === undefined
        ? 'It signs these very bytes.'
        : `A statement of type ${statement.predicateType} about these very bytes.`,
    ),
  ];
}

function signerStep({ signer }: VerifiedBundle, isBeside: boolean, isMeant: boolean): Step {
  const name = 'signer';
  if (isBeside)
    return {
      name,
      result: 'not-checked',
      text: "Signed with a registry's key: not the signer that you named.",
    };
  if (!isMeant)
    return { name, result: 'failed', text: `It is signed with a ${signer.kind}, not as you said.` };
  const text =
    signer.kind === 'key'
      ? 'Signed with the key that you gave.'
      : `Signed for ${signer.identity.subject.value}, as ${signer.identity.issuer ?? 'nobody'} vouches: exactly whom you named.`;
  return { name, result: 'passed', text };
}

/** Throws USAGE_INVALID for what is not there, too large, or no JSON object. */
export async function readBundleFile(path: string): Promise<JsonObject> {
  const document = jsonObjectOf(await readBounded(path, fileLimits.bundleBytes));
  if (document === undefined) throw new AssayError('USAGE_INVALID', `${path} is no JSON object`);
  return document;
}

/** Throws USAGE_INVALID. */
export async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    return await readBoundedFile(path, maxBytes);
  } catch (cause) {
    throw new AssayError('USAGE_INVALID', `${path}: ${messageOf(cause)}`, { cause });
  }
}

/** `sha256:<hex>` and the like, or undefined for what is a path. */
export function digestNamed(text: string): SignedThing | undefined {
  const [, algorithm, hex = ''] = /^(sha256|sha384|sha512):([0-9a-fA-F]+)$/.exec(text) ?? [];
  const lengths = { sha256: 64, sha384: 96, sha512: 128 } as const;
  if (algorithm !== 'sha256' && algorithm !== 'sha384' && algorithm !== 'sha512') return undefined;
  return hex.length === lengths[algorithm]
    ? { kind: 'digest', algorithm, hex: hex.toLowerCase() }
    : undefined;
}

/** The trust that came with the program, or with the Sigstore root of a file instead. Throws TRUST_INVALID, USAGE_INVALID. */
export async function trustFrom(rootFile: string | undefined): Promise<TrustMaterial> {
  const pinned = pinnedTrust();
  if (rootFile === undefined) return pinned;
  const trustedRoot = readTrustedRoot(await readBounded(rootFile, 4 * 1024 * 1024));
  const given = {
    name: 'the root that you gave',
    trustedRoot,
    source: 'imported',
    tufRoot: undefined,
    confirmedAt: undefined,
    staleAt: undefined,
  } as const;
  return { ...pinned, sigstore: [given] };
}

/** Throws USAGE_INVALID. */
export async function keyFrom(path: string): Promise<ExpectedSigner> {
  return { kind: 'key', spki: (await readSpki(path)).toString('base64') };
}
