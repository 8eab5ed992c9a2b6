/**
 * How fast a log's proofs are checked, on one core.
 *
 *     bin/node bench/ledger-verify.ts
 *
 * Inclusion proofs at 2^20 entries, with the bare hashing of as many nodes in the same run as the limit of what can be
 * reached; whole proof bundles (Ed25519 signature of the log included). Prints medians.
 */
import { createHash, createPublicKey, verify as verifyBytes } from 'node:crypto';
import { sha256Bytes } from '../src/ledger/leaf.ts';
import { formatCheckpoint } from '../src/ledger/verify/checkpoint.ts';
import { logOnlyPolicy } from '../src/ledger/verify/policy.ts';
import { formatProofBundle, verifyProofBundle } from '../src/ledger/verify/proof-bundle.ts';
import { inclusionPlan } from '../src/ledger/verify/proof-plan.ts';
import { verifyInclusion } from '../src/ledger/verify/proofs.ts';
import { signedNote, testSigner } from '../test/support/signed-notes.ts';
import { testTree } from '../test/support/trees.ts';

const size = 2 ** 20;
const rounds = 7;
const proofsARound = 20_000;
const bundlesARound = 2000;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** A second. */
function rate(count: number, work: (n: number) => boolean): number {
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now();
    for (let n = 0; n < count; n += 1) if (!work(n)) throw new Error('a right proof was refused');
    // The first round warms up.
    if (round > 0) rates.push((count / (performance.now() - start)) * 1000);
  }
  return median(rates);
}

console.log(`a tree of ${size} entries is made first`);
const tree = testTree(size);
const root = tree.root(size);
/** Entries all over the tree, the same on every run. */
const indexes = Array.from({ length: 1000 }, (_, n) => (n * 7_368_787 + 12_345) % size);
const claims = indexes.map((index) => ({
  index,
  size,
  root,
  leafHash: tree.leafHash(index),
  proof: tree.prove(inclusionPlan(index, size)),
}));
const claimAt = (n: number): (typeof claims)[number] => {
  const claim = claims[n % claims.length];
  if (claim === undefined) throw new Error('there are a thousand');
  return claim;
};

const twoHashes = new Uint8Array(65).fill(1);
const bare = rate(proofsARound, () => {
  for (let n = 0; n < 20; n += 1) sha256Bytes(twoHashes);
  return true;
});
const inclusion = rate(proofsARound, (n) => verifyInclusion(claimAt(n), sha256Bytes));
const slowHash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const inclusionSlow = rate(proofsARound / 4, (n) => verifyInclusion(claimAt(n), slowHash));

const log = testSigner('log.example.com');
const checkpoint = signedNote(formatCheckpoint({ origin: 'log.example.com', size, root }), log);
const bundles = claims.map(({ index, proof, leafHash }) => ({
  raw: formatProofBundle({ extra: undefined, index, proof, checkpoint }),
  leafHash,
}));
const key = createPublicKey({
  key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(log.key.publicKey).toString('base64url') },
  format: 'jwk',
});
const means = {
  hash: sha256Bytes,
  verify: (_: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
    verifyBytes(null, message, key, signature),
};
const policy = logOnlyPolicy([log.key]);
const whole = rate(bundlesARound, (n) => {
  const { raw, leafHash } = bundles[n % bundles.length] ?? { raw: '', leafHash: root };
  return verifyProofBundle(raw, { leafHash, policy }, means).ok;
});

const line = (what: string, perSecond: number): string =>
  `${what.padEnd(58)} ${perSecond.toFixed(0)} a second`;
console.log(line('20 bare SHA-256 of 65 bytes (the limit)', bare));
console.log(`${line('inclusion proof at 2^20', inclusion)}  ${(inclusion / bare).toFixed(2)} of the limit`);
console.log(line('the same with buffers from crypto.createHash', inclusionSlow));
console.log(line('whole bundle: parse, log signature, inclusion', whole));
