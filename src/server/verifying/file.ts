/** A file against the bundle that came with it, with a pinned or given trust root and no network. */
import { stat, readFile } from 'node:fs/promises';
import { AssayError, messageOf } from '../../core/errors.ts';
import { own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import type { RegistryKey, TrustMaterial } from '../../core/trust.ts';
import { readAttestations } from '../../evidence/provenance/document.ts';
import { verifyBundle } from '../../sigstore/verify.ts';
import type { BundleVerdict, SignedThing, VerifiedBundle } from '../../sigstore/types.ts';
import { pinnedTrust, readTrustedRoot } from '../../trust/pinned.ts';
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
  const offered = bundlesIn(input.bundle);
  if (typeof offered === 'string')
    return concluded(input.about, [{ name: 'bundle', result: 'failed', text: offered }]);
  const many = offered.length > 1;
  const steps = offered.flatMap((bundle, at) =>
    stepsOf(input, bundle).map((step) => (many ? { ...step, name: `${at + 1}: ${step.name}` } : step)),
  );
  return concluded(input.about, steps);
}

/** Why there is none, in words. */
function bundlesIn(document: JsonObject): readonly JsonObject[] | string {
  if (own(document, 'attestations') === undefined) return [document];
  const read = readAttestations(document);
  if (read.state === 'read') return read.offers.map(({ bundle }) => bundle);
  return read.state === 'empty' ? 'The list of attestations is empty: nothing was checked.' : read.why;
}

function stepsOf({ thing, trust, expected, now }: FileInput, bundle: JsonObject): readonly Step[] {
  const verdict = verifyBundle({
    bundle,
    thing,
    roots: trust.sigstore,
    keys: expected.kind === 'key' ? [givenKey(expected.spki, bundle)] : [],
    ...(expected.kind === 'certificate' && {
      expected: { subject: expected.subject, issuer: expected.issuer },
    }),
    now,
  });
  return verdict.ok ? passedSteps(verdict, expected) : [refusedStep(verdict)];
}

/** The bundle's hint is only a label: the one key that was given is the one that must have signed, whatever it says. */
function givenKey(spki: string, bundle: JsonObject): RegistryKey {
  const material = ownObject(bundle, 'verificationMaterial') ?? {};
  const keyid = ownString(ownObject(material, 'publicKey') ?? {}, 'hint') ?? '';
  const usages = (['attestations', 'signatures'] as const).map((usage) => ({
    usage,
    from: undefined,
    until: undefined,
  }));
  return { keyid, spki, usages, source: 'configured' };
}

function refusedStep({ failure, why }: Extract<BundleVerdict, { ok: false }>): Step {
  return { name: failure, result: 'failed', text: `${why} (Nothing of this bundle is believed.)` };
}

/** Each was checked by the verifier; in its order. */
function passedSteps(verified: VerifiedBundle, expected: ExpectedSigner): readonly Step[] {
  const { signer, signedTimes, statement, root, bundleVersion, logEntries } = verified;
  const passed = (name: string, text: string): Step => ({ name, result: 'passed', text });
  const wrongSigner = signer.kind !== expected.kind;
  const identity: Step = wrongSigner
    ? {
        name: 'signer',
        result: 'failed',
        text: `It is signed with a ${signer.kind}, not with a ${expected.kind}.`,
      }
    : passed(
        'signer',
        signer.kind === 'key'
          ? 'Signed with the key that you gave.'
          : `Signed for ${signer.identity.subject.value}, as ${signer.identity.issuer ?? 'nobody'} vouches: exactly whom you named.`,
      );
  return [
    passed('bundle', `A whole bundle of version ${bundleVersion}.`),
    timeStep(signedTimes),
    passed(
      signer.kind === 'key' ? 'key' : 'certificate',
      signer.kind === 'key'
        ? 'The key was in force at that time.'
        : `Issued by an authority of ${root}, valid at that time, meant for signing, and logged as issued.`,
    ),
    logEntries.length === 0
      ? { name: 'log', result: 'not-available', text: 'It is in no transparency log.' }
      : passed(
          'log',
          `In ${logEntries.map(({ kind, index }) => `entry ${index} (${kind})`).join(', ')} of a known log, bound to this very signature.`,
        ),
    passed('signature', 'The signature is right.'),
    passed(
      'subject',
      statement === undefined
        ? 'It signs these very bytes.'
        : `A statement of type ${statement.predicateType} about these very bytes.`,
    ),
    identity,
  ];
}

function timeStep(times: VerifiedBundle['signedTimes']): Step {
  const [first] = times;
  return first === undefined
    ? { name: 'time', result: 'not-available', text: 'Nothing trustworthy says when it was signed.' }
    : {
        name: 'time',
        result: 'passed',
        text: `Signed at ${first.time}, says a ${first.by === 'log' ? 'log' : 'timestamp authority'}.`,
      };
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
    const info = await stat(path);
    if (!info.isFile()) throw new Error('it is no file');
    if (info.size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    return await readFile(path);
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
