/** A TUF repository made for a test: roots, metadata and targets as files, signed by keys of this process. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import type { JsonObject } from '../../src/core/json.ts';

export interface TufSigner {
  readonly keyid: string;
  readonly key: JsonObject;
  readonly privateKey: KeyObject;
}

export type TufFiles = Map<string, Buffer>;

const farFuture = '2099-01-01T00:00:00Z';

export function newTufSigner(): TufSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const key = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: raw.toString('hex') } };
  return { key, privateKey, keyid: sha256(Buffer.from(canonicalJson(key))) };
}

/** ASCII only, and so the same in TUF's own canonical JSON. */
function signed(body: JsonObject, signers: readonly TufSigner[]): Buffer {
  const bytes = Buffer.from(canonicalJson(body));
  const signatures = signers.map(({ keyid, privateKey }) => ({
    keyid,
    sig: sign(undefined, bytes, privateKey).toString('hex'),
  }));
  return Buffer.from(JSON.stringify({ signed: body, signatures }));
}

export interface TufRootOptions {
  readonly version: number;
  /** Keys of the root role. */
  readonly holders: readonly TufSigner[];
  readonly threshold?: number;
  /** The key of all other roles. */
  readonly online: TufSigner;
  readonly expires?: string;
  /** Who signs it; the holders, where it is not given. */
  readonly signedBy?: readonly TufSigner[];
}

export function tufRoot(options: TufRootOptions): Buffer {
  const { version, holders, online, threshold = 1, expires = farFuture, signedBy = holders } = options;
  const role = { keyids: [online.keyid], threshold: 1 };
  const body = {
    _type: 'root',
    spec_version: '1.0.31',
    version,
    expires,
    consistent_snapshot: true,
    keys: Object.fromEntries([...holders, online].map(({ keyid, key }) => [keyid, key])),
    roles: {
      root: { keyids: holders.map(({ keyid }) => keyid), threshold },
      timestamp: role,
      snapshot: role,
      targets: role,
    },
  };
  return signed(body, signedBy);
}

export interface TufContent {
  readonly online: TufSigner;
  /** Of timestamp, snapshot and targets alike. */
  readonly version: number;
  readonly targets: Readonly<Record<string, Uint8Array>>;
  /** Targets below a path that a role of its own answers for, with its own key. */
  readonly delegated?: {
    readonly role: string;
    readonly paths: string;
    readonly signer: TufSigner;
    /** Who really signs; the signer, where it is not given. */
    readonly signedBy?: TufSigner;
    readonly targets: Readonly<Record<string, Uint8Array>>;
  };
  readonly expires?: { readonly timestamp?: string; readonly snapshot?: string; readonly targets?: string };
}

/** Everything but the roots, as it lies below the repository's base URL. */
export function tufFiles({ online, version, targets, delegated, expires = {} }: TufContent): TufFiles {
  const files: TufFiles = new Map();
  const listed = listTargets(targets, files);
  const meta: Record<string, JsonObject> = { 'targets.json': { version } };
  const common = { spec_version: '1.0.31', version };
  if (delegated !== undefined) {
    meta[`${delegated.role}.json`] = { version };
    const inner = listTargets(delegated.targets, files);
    const body = { ...common, _type: 'targets', expires: farFuture, targets: inner };
    files.set(`${version}.${delegated.role}.json`, signed(body, [delegated.signedBy ?? delegated.signer]));
  }
  const targetsFile = signed(
    {
      ...common,
      _type: 'targets',
      expires: expires.targets ?? farFuture,
      targets: listed,
      ...(delegated === undefined ? {} : { delegations: delegationsOf(delegated) }),
    },
    [online],
  );
  const snapshot = signed(
    {
      ...common,
      _type: 'snapshot',
      expires: expires.snapshot ?? farFuture,
      meta,
    },
    [online],
  );
  const timestamp = signed(
    {
      ...common,
      _type: 'timestamp',
      expires: expires.timestamp ?? farFuture,
      meta: { 'snapshot.json': { version } },
    },
    [online],
  );
  files.set(`${version}.targets.json`, targetsFile);
  files.set(`${version}.snapshot.json`, snapshot);
  files.set('timestamp.json', timestamp);
  return files;
}

/** The entries of targets metadata; the files themselves are put in place. */
function listTargets(targets: TufContent['targets'], files: TufFiles): JsonObject {
  const listed: Record<string, JsonObject> = {};
  for (const [path, bytes] of Object.entries(targets)) {
    const hash = sha256(bytes);
    listed[path] = { length: bytes.length, hashes: { sha256: hash } };
    const [name = '', folder] = path.split('/').reverse();
    files.set(`targets/${folder === undefined ? '' : `${folder}/`}${hash}.${name}`, Buffer.from(bytes));
  }
  return listed;
}

function delegationsOf({ role, paths, signer }: NonNullable<TufContent['delegated']>): JsonObject {
  const roles = [{ name: role, keyids: [signer.keyid], threshold: 1, terminating: true, paths: [paths] }];
  return { keys: { [signer.keyid]: signer.key }, roles };
}

export interface ServedTuf {
  readonly url: string;
  /** Below the base URL; change it as the repository changes. A function sends what it likes. */
  readonly files: Map<string, Buffer | ((send: (bytes: Buffer) => boolean) => void)>;
  readonly asked: string[];
}

/** Serves files over HTTP until the test ends. */
export async function serveTuf(context: TestContext): Promise<ServedTuf> {
  const files: ServedTuf['files'] = new Map();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    asked.push(path);
    const file = files.get(path);
    if (file === undefined) response.writeHead(404).end();
    else if (typeof file === 'function') file((bytes) => !response.destroyed && response.write(bytes));
    else response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, files, asked };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
