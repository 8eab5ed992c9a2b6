/**
 * How fast registry signatures and Sigstore bundles are verified, on one core; bundles beside plain `@sigstore/verify` in the same
 * run, registry signatures beside bare ECDSA as the limit.
 *
 *     bin/node bench/signatures.ts
 *
 * Real bundles (ASSAY_SHARED/vectors). Each verification is a whole one: parse, signature, promise, proof, checkpoint, chain,
 * certificate log, statement, identity. Prints medians of rounds, by processor time, so that a busy machine matters less.
 */
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isSignedBy, signedText } from '../src/evidence/signatures/verify.ts';
import { verifyBundle } from '../src/sigstore/verify.ts';
import type { BundleRequest } from '../src/sigstore/types.ts';
import {
  npmBundles,
  npmKeys,
  publicGoodRoot,
  registrySignatures,
  requestFor,
  sigstoreCase,
  skipSigstoreVectors,
  trustOf,
  vectorsNow,
} from '../test/support/sigstore-vectors.ts';
import { libraryJudge } from '../test/support/sigstore/library-judge.ts';

const rounds = 5;
const aRound = 60;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** A second of processor time. */
function rate(work: () => boolean, count = aRound): number {
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const start = process.cpuUsage();
    for (let n = 0; n < count; n += 1) if (!work()) throw new Error('a right bundle was refused');
    // The first round warms up.
    const { user, system } = process.cpuUsage(start);
    if (round > 0) rates.push((count / (user + system)) * 1_000_000);
  }
  return median(rates);
}

function compare(what: string, request: BundleRequest, bytes: Buffer): void {
  const judge = libraryJudge(request.roots[0]?.trustedRoot ?? {}, request.keys);
  const theirs = rate(() => judge(request.bundle, bytes).ok);
  const ours = rate(() => verifyBundle(request).ok);
  console.log(
    `${what.padEnd(52)} ${ours.toFixed(0).padStart(6)} a second; @sigstore/verify ${theirs.toFixed(0).padStart(5)}: ${(ours / theirs).toFixed(1)} times`,
  );
}

/** All of them in turn, as a collector asks: text, signature decoded, key found. */
function registry(): void {
  const keys = new Map(npmKeys().map((key) => [key.keyid, key]));
  const list = registrySignatures();
  let n = 0;
  const ours = rate(() => {
    const { name, version, integrity, keyid, sig } = list[(n += 1) % list.length] ?? list[0];
    const key = keys.get(keyid);
    const text = signedText(name, version, integrity);
    return key !== undefined && isSignedBy(key, text, Buffer.from(sig, 'base64'), vectorsNow);
  }, 4000);
  const [first] = list;
  const spki = Buffer.from(keys.get(first.keyid)?.spki ?? '', 'base64');
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const text = signedText(first.name, first.version, first.integrity);
  const signature = Buffer.from(first.sig, 'base64');
  const bare = rate(() => verify('sha256', text, key, signature), 4000);
  console.log(
    `${'registry signature'.padEnd(52)} ${ours.toFixed(0).padStart(6)} a second; bare ECDSA ${bare.toFixed(0)}: ${(ours / bare).toFixed(2)} of the limit`,
  );
}

if (skipSigstoreVectors !== false) {
  console.log(skipSigstoreVectors);
} else {
  registry();
  const roots = [trustOf(publicGoodRoot())];
  const base = { thing: undefined, roots, keys: npmKeys(), now: vectorsNow };
  const empty = Buffer.alloc(0);
  for (const version of ['0.4.0', '2.3.1'] as const)
    for (const bundle of npmBundles(version)) {
      const kind = JSON.stringify(bundle).includes('x509CertificateChain') ? 'provenance' : 'publish, by key';
      compare(`sigstore@${version} ${kind}`, { ...base, bundle }, empty);
    }
  for (const name of ['happy-path-v0.3', 'rekor2-happy-path', 'rekor2-dsse-happy-path']) {
    const of = sigstoreCase(name);
    compare(`${name}, by file`, requestFor(of, 'file'), readFileSync(of.artifactFile));
  }
  const digest = requestFor(sigstoreCase('happy-path-v0.3'), 'digest');
  console.log(
    `happy-path-v0.3, by digest ${rate(() => verifyBundle(digest).ok).toFixed(0)} a second (the library cannot)`,
  );
}
