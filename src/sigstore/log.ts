/** Whether a transparency log of the trusted root really took an entry: by its promise, and by proof and checkpoint. */
import type { BundleVersion, InclusionProof, LogEntry } from './bundle.ts';
import { openCheckpoint } from './checkpoint.ts';
import { refuseWeak, signatureHolds } from './keys.ts';
import { leafHash, rootFromProof } from './merkle.ts';
import { refuse } from './refused.ts';
import { isWithin, type Log, type TrustedRoot } from './trusted-root.ts';

/**
 * The time of the log's promise (milliseconds since the epoch), or undefined where there is none: a time without a promise is
 * signed by nobody (@sigstore/verify before 3.1.1). Throws BundleRefused `log-unknown`, `log-promise`, `log-inclusion`,
 * `log-checkpoint`, `algorithm-refused`.
 */
export function expectIncluded(
  entry: LogEntry,
  version: BundleVersion,
  root: TrustedRoot,
  now: string,
): number | undefined {
  const logs = root.logs.filter(({ id }) => id.equals(entry.logId));
  if (logs.length === 0) refuse('log-unknown', 'the entry is in a log that we do not know');
  for (const log of logs) refuseWeak(log.key.name, now, 'the key of the log');
  const time = entry.promise && promisedTime(entry, entry.promise, logs);
  if (time === undefined && version === '0.1')
    refuse('log-promise', 'a bundle 0.1 needs the promise of its log');
  if (entry.proof !== undefined) expectProof(entry, entry.proof, logs);
  else if (version !== '0.1') refuse('log-inclusion', `a bundle ${version} needs a proof of inclusion`);
  return time;
}

function promisedTime(entry: LogEntry, promise: Buffer, logs: readonly Log[]): number {
  if (entry.integratedTime === undefined || entry.integratedTime > maxSeconds)
    refuse('log-promise', 'the promise of the log has no time');
  const time = Number(entry.integratedTime) * 1000;
  const log = logs.find(({ window }) => isWithin(window, time));
  if (log === undefined) refuse('log-promise', 'the log promised outside its own life');
  if (!signatureHolds(log.key, promised(entry, entry.integratedTime), promise))
    refuse('log-promise', 'the promise of the log is wrong');
  return time;
}

/** What `Date` can hold. */
const maxSeconds = 8_640_000_000_000n;

/** RFC 8785 form of the four fields; indexes beyond 2^53 are written as they are. */
function promised({ body, index, logId }: LogEntry, time: bigint): Buffer {
  return Buffer.from(
    `{"body":"${body.toString('base64')}","integratedTime":${time},"logID":"${logId.toString('hex')}","logIndex":${index}}`,
    'ascii',
  );
}

/** The proof must lead to the root it states, and the log must have signed that very root. */
function expectProof(entry: LogEntry, proof: InclusionProof, logs: readonly Log[]): void {
  const computed = rootFromProof(leafHash(entry.body), proof.index, proof.size, proof.hashes);
  if (computed?.equals(proof.root) !== true)
    refuse('log-inclusion', 'the proof of inclusion does not hold for the entry');
  if (proof.checkpoint === undefined)
    refuse('log-checkpoint', 'the proof of inclusion comes without a checkpoint');
  const [log] = logs;
  if (log === undefined) refuse('log-unknown', 'the entry is in a log that we do not know');
  const checkpoint = openCheckpoint(proof.checkpoint, log);
  if (checkpoint.size !== proof.size || !checkpoint.root.equals(proof.root))
    refuse('log-checkpoint', 'the checkpoint is of another tree than the proof');
}

/** Without a promise no time is the log's own; then the log must have been alive whenever a timestamp was made. */
export function expectAlive(entry: LogEntry, root: TrustedRoot, times: readonly number[]): void {
  const logs = root.logs.filter(({ id }) => id.equals(entry.logId));
  if (!times.every((time) => logs.some(({ window }) => isWithin(window, time))))
    refuse('log-unknown', 'the log was not in use at the time of the signature');
}

/** The index that was authenticated: the promise signs the one over all trees, a proof shows the one in its tree. */
export function provenIndex({ promise, index, proof }: LogEntry): bigint {
  return promise === undefined ? (proof?.index ?? index) : index;
}
