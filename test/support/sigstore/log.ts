/** A log like Rekor v1: RFC 6962 tree, signed checkpoint (C2SP signed-note), promise with the time of entry. */
import type { JsonObject } from '../../../src/core/json.ts';
import { createSigningKey, keyIdOf, sha256, signWith, type SigningKey } from './keys.ts';

export interface ArtifactLog {
  readonly key: SigningKey;
  readonly host: string;
  /** Returns a `TransparencyLogEntry` of the bundle format, with promise and proof. */
  readonly add: (entry: LogInput) => JsonObject;
}

interface LogInput {
  readonly kind: string;
  readonly version: string;
  readonly spec: JsonObject;
  readonly at: Date;
}

/** Rekor's index counts over all its trees, the proof's over one of them: they differ, as they do there. */
const earlierEntries = 4_163_431;

export function createLog(host: string): ArtifactLog {
  const key = createSigningKey();
  const logId = keyIdOf(key);
  const leaves = ['before 1', 'before 2', 'before 3', 'before 4', 'before 5'].map((text) =>
    leafHash(Buffer.from(text)),
  );
  return {
    key,
    host,
    add: ({ kind, version, spec, at }) => {
      const body = Buffer.from(JSON.stringify({ apiVersion: version, kind, spec }));
      const index = leaves.push(leafHash(body)) - 1;
      const integratedTime = Math.floor(at.getTime() / 1000);
      const promise = JSON.stringify({
        body: body.toString('base64'),
        integratedTime,
        logID: logId.toString('hex'),
        logIndex: index + earlierEntries,
      });
      return {
        logIndex: String(index + earlierEntries),
        logId: { keyId: logId.toString('base64') },
        kindVersion: { kind, version },
        integratedTime: String(integratedTime),
        inclusionPromise: {
          signedEntryTimestamp: signWith(key, Buffer.from(promise)).toString('base64'),
        },
        inclusionProof: {
          logIndex: String(index),
          rootHash: rootOf(leaves).toString('base64'),
          treeSize: String(leaves.length),
          hashes: proofOf(leaves, index).map((hash) => hash.toString('base64')),
          checkpoint: { envelope: checkpoint(key, host, leaves) },
        },
        canonicalizedBody: body.toString('base64'),
      };
    },
  };
}

function checkpoint(key: SigningKey, host: string, leaves: readonly Buffer[]): string {
  const note = `${host} - 2605736670972794746\n${leaves.length}\n${rootOf(leaves).toString('base64')}\n`;
  const signature = Buffer.concat([keyIdOf(key).subarray(0, 4), signWith(key, Buffer.from(note))]);
  return `${note}\n— ${host} ${signature.toString('base64')}\n`;
}

function leafHash(body: Uint8Array): Buffer {
  return sha256(Buffer.from([0]), body);
}

/** RFC 6962 §2.1. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1) return only;
  const split = splitOf(leaves.length);
  return sha256(Buffer.from([1]), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

/** RFC 6962 §2.1.1. */
function proofOf(leaves: readonly Buffer[], index: number): readonly Buffer[] {
  if (leaves.length <= 1) return [];
  const split = splitOf(leaves.length);
  return index < split
    ? [...proofOf(leaves.slice(0, split), index), rootOf(leaves.slice(split))]
    : [...proofOf(leaves.slice(split), index - split), rootOf(leaves.slice(0, split))];
}

function splitOf(count: number): number {
  return 2 ** Math.ceil(Math.log2(count) - 1);
}
