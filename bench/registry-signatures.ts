/**
 * How fast registry signatures are verified, on one core.
 *
 *     bin/node bench/registry-signatures.ts
 *
 * The bare check of one signature (`name@version:integrity`, ECDSA P-256), and the whole collector with the index entry
 * read, the bytes compared and the record made. Prints medians, by the clock and by the processor's own time: on a busy
 * machine only the second says what one core can do. Target: 5,000 a second.
 */
import { artifactDigestsOf, integrityOf } from '../src/core/digest.ts';
import { signaturesCollector } from '../src/evidence/signatures/collect.ts';
import { readSignatures } from '../src/evidence/signatures/read.ts';
import { isSignedBy, signedText } from '../src/evidence/signatures/verify.ts';
import { sampleInput, sampleVersion } from '../test/support/collector-input.ts';
import { signedManifest, signingKey, trustIn } from '../test/support/registry-signing.ts';
import { median, printTable, shown } from './support/stats.ts';

const rounds = 7;
const aRound = 2000;
const packages = 500;

const key = signingKey('registry');
const trust = trustIn('registry.example.com', [key]);
const releases = Array.from({ length: packages }, (_, n) => {
  const artifact = artifactDigestsOf(Buffer.from(`package ${n}`));
  const version = `1.${n}.0`;
  const indexManifest = signedManifest('sample', version, artifact, [key]);
  const list = readSignatures(indexManifest);
  const [entry] = list.state === 'some' ? list.entries : [];
  if (entry === undefined) throw new Error('it was signed');
  return {
    text: signedText('sample', version, integrityOf(artifact.sha512)),
    signature: entry.signature,
    input: sampleInput({ trust, artifact, indexManifest, version: sampleVersion({ version }) }),
  };
});

function releaseAt(n: number): (typeof releases)[number] {
  const release = releases[n % releases.length];
  if (release === undefined) throw new Error('there are some');
  return release;
}

interface Rates {
  readonly byClock: number;
  readonly byProcessor: number;
}

/** A second. */
async function rate(isRight: (n: number) => boolean | Promise<boolean>): Promise<Rates> {
  const byClock: number[] = [];
  const byProcessor: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now();
    const before = process.cpuUsage();
    for (let n = 0; n < aRound; n += 1)
      if (!(await isRight(n))) throw new Error('a right signature was refused');
    const { user, system } = process.cpuUsage(before);
    // The first round warms up.
    if (round === 0) continue;
    byClock.push((aRound / (performance.now() - start)) * 1000);
    byProcessor.push((aRound / (user + system)) * 1e6);
  }
  return { byClock: median(byClock), byProcessor: median(byProcessor) };
}

const now = '2026-11-20T12:00:00.000Z';
const bare = await rate((n) => isSignedBy(key.key, releaseAt(n).text, releaseAt(n).signature, now));
const whole = await rate(
  async (n) => (await signaturesCollector.collect(releaseAt(n).input)).result === 'pass',
);
printTable(
  ['registry signatures', 'a second', 'a second of processor'],
  [
    ['one signature', shown(bare.byClock), shown(bare.byProcessor)],
    ['the whole collector', shown(whole.byClock), shown(whole.byProcessor)],
  ],
);
