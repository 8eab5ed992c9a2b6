/** in-toto statements v0.1 and v1 (in-toto/attestation: spec/v1/statement.md), read from the bytes that were signed. */
import { createHash } from 'node:crypto';
import { claimedFromHex, type DigestAlgorithm } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import { strictUtf8Json } from './json-bytes.ts';
import { fieldsOf } from './fields.ts';
import { quote, refuse } from './refused.ts';
import type { SignedThing, Statement, StatementSubject } from './types.ts';

const versions: Readonly<Record<string, Statement['version']>> = {
  'https://in-toto.io/Statement/v0.1': 'v0.1',
  'https://in-toto.io/Statement/v1': 'v1',
};

const maxSubjects = 2048;
const maxDigests = 16;
const believed = ['sha512', 'sha384', 'sha256'] as const;
const lengthsKnown: ReadonlySet<string> = new Set<DigestAlgorithm>([...believed, 'sha1', 'md5']);
const read = fieldsOf('statement-malformed', 'statement');

/** Throws BundleRefused `statement-malformed`. Fields we do not know are passed over, as the specification asks ("Parsing rules"). */
export function readStatement(payload: Buffer): Statement {
  const json = strictUtf8Json(payload, 'statement-malformed', 'the statement');
  const type = read.text(json, '_type', 200);
  const version = Object.hasOwn(versions, type) ? versions[type] : undefined;
  if (version === undefined)
    refuse('statement-malformed', `${quote(type)} is no in-toto statement v0.1 or v1`);
  const subjects = read.list(json, 'subject', maxSubjects).map(readSubject);
  if (subjects.length === 0) refuse('statement-malformed', 'the statement has no subject');
  return {
    version,
    subjects,
    predicateType: read.text(json, 'predicateType', 1000),
    predicate: read.maybeObject(json, 'predicate') ?? {},
  };
}

function readSubject(subject: JsonObject): StatementSubject {
  const entries = Object.entries(read.object(subject, 'digest'));
  if (entries.length === 0 || entries.length > maxDigests)
    refuse('statement-malformed', `a subject does not have 1 to ${maxDigests} digests`);
  const digest: [string, string][] = entries.map(([algorithm, hex]) => {
    if (typeof hex !== 'string' || hex.length > 1000 || !hex.isWellFormed())
      refuse('statement-malformed', 'a digest of a subject is no text');
    const isRight =
      !lengthsKnown.has(algorithm) || claimedFromHex(algorithm as DigestAlgorithm, hex) !== undefined;
    if (!isRight) refuse('statement-malformed', `a subject has no ${algorithm} in hex: ${quote(hex)}`);
    return [algorithm, hex.toLowerCase()];
  });
  return { name: read.maybeText(subject, 'name', 4096), digest: Object.fromEntries(digest) };
}

/**
 * Whether any subject is this very thing: it has a SHA-2 digest that can be compared, and none that differs. Where the thing is
 * a digest, that algorithm alone can be compared.
 */
export function namesThing({ subjects }: Statement, thing: SignedThing): boolean {
  const own = new Map<string, string>();
  if (thing.kind === 'digest') own.set(thing.algorithm, thing.hex);
  const ownDigest = (algorithm: string): string | undefined => {
    if (thing.kind === 'bytes' && !own.has(algorithm))
      own.set(algorithm, createHash(algorithm).update(thing.bytes).digest('hex'));
    return own.get(algorithm);
  };
  return subjects.some(({ digest }) => {
    const compared = believed
      .filter((algorithm) => Object.hasOwn(digest, algorithm))
      .map((algorithm) => ({ theirs: digest[algorithm], ours: ownDigest(algorithm) }))
      .filter(({ ours }) => ours !== undefined);
    return compared.length > 0 && compared.every(({ theirs, ours }) => theirs === ours);
  });
}
