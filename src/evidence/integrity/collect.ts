/** Are these the bytes the index speaks of? Every digest it claims is compared; the strongest one decides what that is worth. */
import type { Collector, CollectorInput } from '../../core/collector.ts';
import { digestsEqual, digestStrength, type ArtifactDigests, type ClaimedDigest } from '../../core/digest.ts';
import { recordOf, type Finding } from '../record.ts';

export const integrityCollector: Collector = {
  kind: 'integrity',
  version: '1',
  scope: 'release',
  collect: (input) => recordOf(integrityCollector, input, examine(input)),
};

/** Collision attacks are practical: SHA-1 (SHAttered, 2017; chosen prefix, 2020) says little about who chose the bytes. */
const weak: readonly string[] = ['sha1', 'md5'];

function examine({ version, artifact }: CollectorInput): Finding {
  const claimed = version.claimed;
  const held = claimed.filter((claim) => actualOf(artifact, claim) !== undefined);
  const wrong = held.filter((claim) => !digestsEqual(actualOf(artifact, claim) ?? '', claim.hex));
  const strongest = digestStrength.find((algorithm) => held.some((claim) => claim.algorithm === algorithm));
  const facts = { strongest: strongest ?? null, claimed: claimed.length, compared: held.length };

  if (wrong.length > 0) {
    const summary = `The bytes differ from what the index claims (${wrong.map((claim) => claim.algorithm).join(', ')}).`;
    return { result: 'fail', summary, facts, items: wrong.map((claim) => mismatch(claim, artifact)) };
  }
  if (claimed.length === 0) {
    return { result: 'not-available', summary: 'The index claims no digest for these bytes.', facts };
  }
  if (strongest === undefined) {
    const algorithms = [...new Set(claimed.map((claim) => claim.algorithm))].join(', ');
    return {
      result: 'not-checked',
      summary: `The index claims only digests we do not compute (${algorithms}).`,
      facts,
    };
  }
  if (weak.includes(strongest)) {
    const item = {
      id: 'integrity/weak',
      message: `Only a ${strongest.toUpperCase()} digest is claimed; it can be forged.`,
    };
    return {
      result: 'warn',
      summary: `Unverifiable: the index claims only ${strongest.toUpperCase()}.`,
      facts,
      items: [item],
    };
  }
  return { result: 'pass', summary: `The bytes match the index (${strongest}).`, facts };
}

/** Our own digest of the same algorithm; undefined for algorithms we do not compute. */
function actualOf(artifact: ArtifactDigests, claim: ClaimedDigest): string | undefined {
  if (claim.algorithm === 'sha512') return artifact.sha512;
  if (claim.algorithm === 'sha256') return artifact.sha256;
  if (claim.algorithm === 'sha1') return artifact.sha1;
  return undefined;
}

function mismatch(claim: ClaimedDigest, artifact: ArtifactDigests) {
  return {
    id: `integrity/mismatch-${claim.algorithm}`,
    message: `The index claims ${claim.algorithm} ${claim.hex.slice(0, 16)}…; the bytes have another.`,
    data: { claimed: claim.hex, actual: actualOf(artifact, claim) ?? '' },
  };
}
