/**
 * The bait: a harmless package under a reserved name, published by the gate itself and refused by a built-in rule,
 * so that anyone can see a refusal before relying on one. It takes the same path as every other package: this
 * module only stands in for its upstream.
 */
import { gzipSync } from 'node:zlib';
import type { BlobStore, FileAnswer, IndexAnswer, UpstreamClient } from '../admission/deps.ts';
import { artifactDigestsOf, integrityOf } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { UpstreamId } from '../core/subject.ts';
import { rfc3339, type Clock } from '../core/time.ts';

export const baitUpstream = 'assay' as UpstreamId;
export const baitScope = '@assay';
const baitName = '@assay/bait';
const baitVersion = '1.0.0';
const baitFile = 'bait-1.0.0.tgz';
const baitUrl = `https://assay.invalid/${baitName}/-/${baitFile}`;
/** Old enough for any cooldown. */
const baitTime = '2026-01-01T00:00:00.000Z';

const manifest = {
  name: baitName,
  version: baitVersion,
  description: 'A harmless package that Assay always refuses: it shows what a refusal looks like.',
  license: 'Apache-2.0',
};

/** Answers for the reserved scope itself and passes everything else on. */
export function withBait(upstream: UpstreamClient, blobs: BlobStore, clock: Clock): UpstreamClient {
  const tarball = makeTarball('package/package.json', `${JSON.stringify(manifest, null, 2)}\n`);
  return {
    fetchIndex: async (id, name, validators) => {
      if (id !== baitUpstream) return upstream.fetchIndex(id, name, validators);
      return name === baitName ? baitIndex(blobs, tarball) : { state: 'absent' };
    },
    fetchFile: async (id, url, claims, maxBytes) => {
      if (id !== baitUpstream) return upstream.fetchFile(id, url, claims, maxBytes);
      return baitFileAnswer(blobs, tarball, clock);
    },
  };
}

async function baitIndex(blobs: BlobStore, tarball: Uint8Array): Promise<IndexAnswer> {
  const { sha512, sha1 } = artifactDigestsOf(tarball);
  const version = { ...manifest, dist: { tarball: baitUrl, integrity: integrityOf(sha512), shasum: sha1 } };
  const index = {
    _id: baitName,
    name: baitName,
    'dist-tags': { latest: baitVersion },
    versions: { [baitVersion]: version },
    time: { created: baitTime, modified: baitTime, [baitVersion]: baitTime },
  };
  const stored = await store(blobs, Buffer.from(JSON.stringify(index), 'utf8'));
  return { state: 'fresh', body: stored.sha256, sizeBytes: stored.sizeBytes, validators: {} };
}

async function baitFileAnswer(blobs: BlobStore, tarball: Uint8Array, clock: Clock): Promise<FileAnswer> {
  const artifact = await store(blobs, tarball);
  const fetchedAt = rfc3339(clock());
  return {
    artifact,
    origin: { upstream: baitUpstream, identityHost: 'assay.invalid', urls: [baitUrl], fetchedAt },
  };
}

async function store(blobs: BlobStore, bytes: Uint8Array): Promise<FileAnswer['artifact']> {
  const writer = await blobs.create();
  try {
    await writer.write(bytes);
    return await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** One file in a ustar archive (POSIX.1-1988), always the same bytes. */
function makeTarball(path: string, content: string): Uint8Array {
  const bytes = Buffer.from(content, 'utf8');
  if (bytes.length > 4096) throw new AssayError('GATE_START_FAILED', 'the bait outgrew its header');
  const header = Buffer.alloc(512);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  const put = (text: string, at: number): void => void header.write(text, at, 'latin1');
  put(path, 0);
  put(octal(0o644, 8), 100);
  put(octal(0, 8), 108);
  put(octal(0, 8), 116);
  put(octal(bytes.length, 12), 124);
  put(octal(Date.parse(baitTime) / 1000, 12), 136);
  put('        ', 148);
  put('0', 156);
  put('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512);
  return gzipSync(Buffer.concat([header, bytes, padding, Buffer.alloc(1024)]), { level: 9 });
}
