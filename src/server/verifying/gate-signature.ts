/**
 * The gate's own entry in `dist.signatures`: "this gate approved these bytes under this name", ECDSA P-256 with SHA-256
 * over `name@version:integrity`, as npm's "About registry signatures" has it. It is there only while the release is
 * allowed.
 */
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { AssayError, messageOf } from '../../core/errors.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { readBoundedFile } from '../bounded-file.ts';
import { gateDocument, type GatewayTarget } from '../control/gateway-client.ts';
import type { Step } from './steps.ts';

export interface GateKey {
  readonly keyid: string;
  readonly key: KeyObject;
  /** RFC 3339 UTC; undefined while it signs. */
  readonly expires: string | undefined;
}

export interface GateKeys {
  readonly keys: readonly GateKey[];
  /** `given`: by whoever runs the command; `served`: the gate itself says so. */
  readonly from: 'given' | 'served';
}

const documentBytes = 2 * 1024 * 1024;
const maxKeys = 200;
const maxSignatures = 32;
const name = 'gate signature';

/** The keys the gate names as its own. Throws CONTROL_ANSWER_INVALID, GATE_UNREACHABLE. */
export async function servedGateKeys(target: GatewayTarget): Promise<GateKeys> {
  const bytes = await gateDocument(target, '-/assay/v1/keys', documentBytes);
  const document = bytes === undefined ? undefined : jsonObjectOf(bytes);
  const list = document === undefined ? undefined : own(document, 'keys');
  if (!Array.isArray(list) || list.length > maxKeys)
    throw new AssayError('CONTROL_ANSWER_INVALID', `the gate at ${target.url} names no keys of its own`);
  return { from: 'served', keys: list.flatMap((one: Json) => readServedKey(one) ?? []) };
}

function readServedKey(value: Json): GateKey | undefined {
  const keyid = isJsonObject(value) ? ownString(value, 'keyid') : undefined;
  const spki = isJsonObject(value) ? ownString(value, 'key') : undefined;
  const key = spki === undefined ? undefined : p256Of(Buffer.from(spki, 'base64'));
  if (keyid === undefined || key === undefined) return undefined;
  return { keyid, key, expires: isJsonObject(value) ? ownString(value, 'expires') : undefined };
}

/** A public key in a file: PEM, DER or base64 of DER. Throws USAGE_INVALID. */
export async function givenGateKeys(path: string): Promise<GateKeys> {
  const der = await readSpki(path);
  const key = p256Of(der);
  if (key === undefined)
    throw new AssayError('USAGE_INVALID', `${path}: the key is not ECDSA P-256, as a gate's are`);
  return { from: 'given', keys: [{ keyid: keyidOf(der), key, expires: undefined }] };
}

/** SubjectPublicKeyInfo, DER. Throws USAGE_INVALID. */
export async function readSpki(path: string): Promise<Buffer> {
  try {
    const bytes = await readBoundedFile(path, 64 * 1024);
    const text = bytes.toString('latin1').trim();
    const isBase64 = /^[A-Za-z0-9+/\s]+={0,2}$/.test(text);
    const key = text.startsWith('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: isBase64 ? Buffer.from(text, 'base64') : bytes, format: 'der', type: 'spki' });
    return key.export({ format: 'der', type: 'spki' });
  } catch (cause) {
    throw new AssayError('USAGE_INVALID', `${path} holds no public key: ${messageOf(cause)}`, { cause });
  }
}

/** The gate's key ids are digests of the key; a registry's own ids need not be. */
function keyidOf(spki: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(spki).digest('base64')}`;
}

function p256Of(spki: Uint8Array): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined;
  } catch {
    return undefined;
  }
}

export interface SignedRelease {
  readonly name: string;
  readonly version: string;
  /** SRI that must have been signed; undefined: nothing says which bytes are meant. */
  readonly integrity: string | undefined;
}

/** `manifest`: the version's, as the gate serves it. */
export function gateSignatureStep(
  release: SignedRelease,
  manifest: JsonObject,
  { keys, from }: GateKeys,
): Step {
  if (release.integrity === undefined)
    return { name, result: 'not-checked', text: 'Nothing says which bytes (no SHA-512) are meant.' };
  const list = own(ownObject(manifest, 'dist') ?? {}, 'signatures');
  const entries = (Array.isArray(list) ? list.slice(0, maxSignatures) : []).filter(isJsonObject);
  const ours = entries.flatMap((entry) => {
    const key = keys.find((one) => one.keyid === ownString(entry, 'keyid'));
    return key === undefined ? [] : [{ key, sig: ownString(entry, 'sig') ?? '' }];
  });
  if (ours.length === 0)
    return {
      name,
      result: 'failed',
      text: 'The gate has not signed this release: it is refused, was approved only a moment ago, or nobody asked for it yet (`assay check` does).',
    };
  const text = `${release.name}@${release.version}:${release.integrity}`;
  const wrong = ours.find(({ key, sig }) => !isSigned(key.key, text, sig));
  if (wrong !== undefined)
    return {
      name,
      result: 'failed',
      text: `The gate's signature (${wrong.key.keyid}) is not over this name, version and these bytes.`,
    };
  const known = from === 'given' ? 'the key that you gave' : 'a key that the gate itself serves';
  return {
    name,
    result: 'passed',
    text: `The gate approved these bytes under this name (${ours[0]?.key.keyid ?? ''}, ${known}).`,
  };
}

function isSigned(key: KeyObject, text: string, sig: string): boolean {
  const signature = Buffer.from(sig, 'base64');
  if (sig === '' || signature.toString('base64') !== sig) return false;
  try {
    return verify('sha256', Buffer.from(text, 'utf8'), key, signature);
  } catch {
    return false;
  }
}

/** Undefined for what is no JSON object. */
export function jsonObjectOf(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
