/**
 * The client protocol of the public conformance suite (sigstore/sigstore-conformance: docs/cli_protocol.md), so that the suite
 * can be run against our verification: one file, one bundle, an exit status. Signing is not offered.
 */
import { createPublicKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { AssayError, messageOf } from '../core/errors.ts';
import { isJsonObject, ownObject, ownString, type JsonObject } from '../core/json.ts';
import { rfc3339, type Clock } from '../core/time.ts';
import type { RegistryKey, SigstoreTrust } from '../core/trust.ts';
import type { BundleVerdict, SignedThing } from '../sigstore/types.ts';
import { verifyBundle } from '../sigstore/verify.ts';
import { pinnedTrust } from '../trust/pinned.ts';

export const sigstoreClientUsage =
  'verify-bundle [--staging] --bundle FILE (--certificate-identity IDENTITY --certificate-oidc-issuer URL | --key FILE) [--trusted-root FILE] FILE_OR_DIGEST';

const maxJsonBytes = 64 * 1024 * 1024;
const maxArtifactBytes = 1024 * 1024 * 1024;

/** Throws AssayError USAGE_INVALID for arguments and files that cannot be read; a bundle that cannot is a verdict. */
export async function runSigstoreClient(args: readonly string[], clock: Clock): Promise<BundleVerdict> {
  const { values, positionals } = readArguments(args);
  const [command, target, ...more] = positionals;
  const { bundle: bundleFile, key: keyFile, 'trusted-root': rootFile } = values;
  const { 'certificate-identity': subject, 'certificate-oidc-issuer': issuer } = values;
  const isIdentity = subject !== undefined && issuer !== undefined;
  if (command !== 'verify-bundle' || target === undefined || more.length > 0 || bundleFile === undefined)
    throw usage('what to verify is missing');
  if ((keyFile === undefined) !== isIdentity || (keyFile !== undefined && (subject ?? issuer) !== undefined))
    throw usage('either an identity with its issuer, or a key, is needed');
  if (values.staging === true && rootFile === undefined)
    throw usage("no root of Sigstore's staging instance comes with Assay: give one with --trusted-root");
  const bundle = await readJson(bundleFile);
  if (bundle === undefined)
    return { ok: false, failure: 'bundle-malformed', why: 'the bundle is no JSON object' };
  const root = rootFile === undefined ? pinnedTrust().sigstore : [await readRoot(rootFile)];
  return verifyBundle({
    bundle,
    thing: await readThing(target),
    roots: root,
    keys: keyFile === undefined ? [] : [await readKey(keyFile, bundle)],
    ...(isIdentity && { expected: { subject, issuer } }),
    now: rfc3339(clock()),
  });
}

// eslint-disable-next-line typescript/explicit-function-return-type
function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        staging: { type: 'boolean' },
        bundle: { type: 'string' },
        'certificate-identity': { type: 'string' },
        'certificate-oidc-issuer': { type: 'string' },
        key: { type: 'string' },
        'trusted-root': { type: 'string' },
      },
    });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

async function readBytes(path: string, maxBytes: number): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw usage(`${path} has more than ${maxBytes} bytes`);
    return await readFile(path);
  } catch (error) {
    throw error instanceof AssayError ? error : usage(messageOf(error));
  }
}

/** Undefined for anything but a JSON object. */
async function readJson(path: string): Promise<JsonObject | undefined> {
  const bytes = await readBytes(path, maxJsonBytes);
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    return isJsonObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

async function readRoot(path: string): Promise<SigstoreTrust> {
  const trustedRoot = await readJson(path);
  if (trustedRoot === undefined) throw usage(`${path} is no JSON object`);
  return {
    name: 'given',
    trustedRoot,
    source: 'configured',
    tufRoot: undefined,
    confirmedAt: undefined,
    staleAt: undefined,
  };
}

/** The one key that is trusted here, under whatever name the bundle gives its key. */
async function readKey(path: string, bundle: JsonObject): Promise<RegistryKey> {
  const pem = (await readBytes(path, 1 << 16)).toString('utf8');
  const material = ownObject(bundle, 'verificationMaterial') ?? {};
  const named = ownString(ownObject(material, 'publicKey') ?? {}, 'hint') ?? '';
  try {
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64');
    const usages = [{ usage: 'attestations', from: undefined, until: undefined }] as const;
    return { keyid: named, spki, usages, source: 'configured' };
  } catch (error) {
    throw usage(`${path} holds no public key: ${messageOf(error)}`);
  }
}

/** A digest is one only when no file has its name. */
async function readThing(target: string): Promise<SignedThing> {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(target)?.[1];
  const isFile = async (): Promise<boolean> =>
    stat(target).then(
      () => true,
      () => false,
    );
  if (hex !== undefined && !(await isFile()))
    return { kind: 'digest', algorithm: 'sha256', hex: hex.toLowerCase() };
  return { kind: 'bytes', bytes: await readBytes(target, maxArtifactBytes) };
}

function usage(what: string): AssayError {
  return new AssayError('USAGE_INVALID', what);
}
