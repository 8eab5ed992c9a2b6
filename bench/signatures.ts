/**
 * How fast Sigstore bundles are verified, on one core, beside plain `@sigstore/verify` in the same run.
 *
 *     bin/node bench/signatures.ts
 *
 * Real bundles (ASSAY_SHARED/vectors). Each verification is a whole one: parse, signature, promise, proof, checkpoint, chain,
 * certificate log, statement, identity. Prints medians of rounds, by processor time, so that a busy machine matters less.
 */
import { readFileSync } from 'node:fs';
import { verifyBundle } from '../src/sigstore/verify.ts';
import type { BundleRequest } from '../src/sigstore/types.ts';
import {
  npmBundles,
  npmKeys,
  publicGoodRoot,
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
function rate(work: () => boolean): number {
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const start = process.cpuUsage();
    for (let n = 0; n < aRound; n += 1) if (!work()) throw new Error('a right bundle was refused');
    // The first round warms up.
    const { user, system } = process.cpuUsage(start);
    if (round > 0) rates.push((aRound / (user + system)) * 1_000_000);
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

if (skipSigstoreVectors !== false) {
  console.log(skipSigstoreVectors);
} else {
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
