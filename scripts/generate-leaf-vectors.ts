/**
 * Writes `docs/vectors/leaf-v1.json`, the published test vectors of the ledger's leaf. They never change: a
 * changed vector is a changed format. Run it only to add cases: `bin/node scripts/generate-leaf-vectors.ts`.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';

import { canonicalJson } from '../src/core/canonical-json.ts';
import { sha256, type Sha256 } from '../src/core/digest.ts';
import type { JsonObject } from '../src/core/json.ts';
import { formatPurl } from '../src/core/purl.ts';
import { anonymous, gateItself, type Principal, type Subject, type UpstreamId } from '../src/core/subject.ts';
import {
  decisionOpenings,
  makeDecisionEvent,
  sha256Bytes,
  type DecisionEventInput,
} from '../src/ledger/leaf.ts';
import { toHex } from '../src/ledger/verify/bytes.ts';
import { placeCommitment, type EvidenceOpening } from '../src/ledger/verify/evidence.ts';
import { parseLeaf, type Leaf } from '../src/ledger/verify/leaf.ts';
import { verifyOpening, type FieldOpening, type Openings } from '../src/ledger/verify/opening.ts';
import { hashLeaf } from '../src/ledger/verify/rfc6962.ts';

type LeafInput = Omit<DecisionEventInput, 'randomBytes'>;

/** The n-th salt of a case is SHA-256 of `assay test salt <case> <n>`, so that nobody need trust the file. */
export function fixedSalts(name: string): (count: number) => Uint8Array {
  let n = 0;
  return (count) => createHash('sha256').update(`assay test salt ${name} ${n++}`).digest().subarray(0, count);
}

const subject: Subject = {
  upstream: 'npm' as UpstreamId,
  channel: 'main',
  ecosystem: 'npm',
  purl: formatPurl('npm', '@example/left', '1.3.0'),
  file: 'left-1.3.0.tgz',
  claimedIntegrity: 'sha512-' + Buffer.from(createHash('sha512').update('left').digest()).toString('base64'),
  artifact: sha256('left'),
};
const person: Principal = { kind: 'person', name: 'Zoë Ångström 😀' };
const { artifact: _none, ...withoutBytes } = subject;
const exotic: Subject = {
  ...subject,
  purl: formatPurl('npm', 'grüße-😀', '1.0.0'),
  file: 'grüße-😀 "1.0.0"\\\u0001\u007f\u2028.tgz',
};

const statement = (about: Subject, outcome: string): JsonObject => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: about.file, uri: about.purl, digest: { sha256: about.artifact ?? sha256('') } }],
  predicateType: 'urn:assay:predicate:decision:v1',
  predicate: { outcome, decidedAt: '2026-01-31T09:00:00.000Z', weights: [1, 0.5, 1e21, -0, 1e-7] },
});
const digests = (count: number): readonly Sha256[] =>
  Array.from({ length: count }, (_, n) => sha256(`evidence ${n}`));

function cases(): Readonly<Record<string, LeafInput>> {
  const first: LeafInput = {
    eventId: '01JJXAZ5C0HX4ZV9Q2M7T3W8KD',
    time: '2026-01-31T09:00:00.000Z',
    subject,
    actor: anonymous,
    statement: statement(subject, 'hold'),
    evidence: digests(3),
    previousEventId: undefined,
  };
  return {
    'first entry of a subject': first,
    'entry with a previous one': {
      ...first,
      eventId: 'b7e1d1f0c1f94a6e8e0d3b2a19c4f5a6',
      time: '2026-02-03T09:00:00.001Z',
      actor: gateItself,
      statement: statement(subject, 'allow'),
      previousEventId: first.eventId,
    },
    'refused without bytes, no evidence': {
      ...first,
      eventId: 'AAAAAAAAAAAAAAAAAAAAAAAAAA',
      subject: withoutBytes,
      statement: statement(withoutBytes, 'block'),
      evidence: [],
    },
    'one piece of evidence': { ...first, eventId: '----__________________-----', evidence: digests(1) },
    'many pieces of evidence': { ...first, eventId: 'z'.repeat(64), evidence: digests(37) },
    'not ASCII': {
      ...first,
      eventId: '9f1c9a52-3d0e-4a86-9a53-0f6f3b9c5d11',
      time: '2028-02-29T23:59:59.999Z',
      subject: exotic,
      actor: person,
      statement: statement(exotic, 'allow'),
    },
  };
}

/** Payloads are text in UTF-8 here. */
function openingsJson(openings: Openings): JsonObject {
  const text = ({ salt, payload }: FieldOpening): JsonObject => ({
    salt,
    payload: Buffer.from(payload).toString('utf8'),
  });
  const { subject, actor, statement, prev, evidence } = openings;
  return {
    ...(subject && { subject: text(subject) }),
    ...(actor && { actor: text(actor) }),
    ...(statement && { statement: text(statement) }),
    ...(prev && { prev: text(prev) }),
    ...(evidence && { evidence: evidence.map((place) => ({ ...place })) }),
  };
}

/** One disclosure with what `verifyOpening` says of it. */
export function disclosureVector(name: string, leafText: string, openings: Openings): JsonObject {
  const verdict = verifyOpening(readLeaf(leafText), openings, sha256Bytes);
  return { name, leaf: leafText, openings: openingsJson(openings), verdict: { ...verdict } };
}

export function leafVector(name: string, input: DecisionEventInput): JsonObject {
  const event = makeDecisionEvent(input);
  const openings = decisionOpenings(input, event.salts);
  return {
    name,
    id: event.eventId,
    type: event.type,
    time: event.time,
    openings: openingsJson(openings),
    evidenceCommitments: (openings.evidence ?? []).map((place) => toHex(commitmentOf(place))),
    leaf: event.leaf,
    leafHash: toHex(hashLeaf(Buffer.from(event.leaf), sha256Bytes)),
  };
}

function readLeaf(text: string): Leaf {
  const parsed = parseLeaf(text);
  if (!parsed.ok) throw new Error(`${parsed.problem}: ${text}`);
  return parsed.leaf;
}

function commitmentOf(place: EvidenceOpening): Uint8Array {
  const commitment = placeCommitment(place, sha256Bytes);
  if (commitment === undefined) throw new Error('an ill-formed place');
  return commitment;
}

function disclosures(input: DecisionEventInput): readonly JsonObject[] {
  const { leaf, salts } = makeDecisionEvent(input);
  const all = decisionOpenings(input, salts);
  const { subject, actor, evidence = [], prev } = all;
  if (subject === undefined || actor === undefined || prev === undefined)
    throw new Error('salts are missing');
  const { subject: _erased, ...withoutSubject } = all;
  const bare = (place: EvidenceOpening): EvidenceOpening => ({ commitment: toHex(commitmentOf(place)) });
  const vector = (name: string, openings: Openings): JsonObject => disclosureVector(name, leaf, openings);
  return [
    vector('everything disclosed', all),
    vector('nothing disclosed', {}),
    vector('subject salt erased, the rest verifies', withoutSubject),
    vector('one evidence salt erased, its commitment kept', {
      evidence: evidence.map((place, n) => (n === 1 ? bare(place) : place)),
    }),
    vector('one piece of evidence withheld', { evidence: evidence.slice(1) }),
    vector('evidence in another order', { evidence: evidence.toReversed() }),
    vector('the same evidence twice', { evidence: [...evidence, ...evidence.slice(-1)] }),
    vector('no evidence claimed', { evidence: [{ salt: actor.salt, digest: '' }] }),
    vector('another salt', { subject: { ...subject, salt: actor.salt } }),
    vector('salt in upper case', { subject: { ...subject, salt: subject.salt.toUpperCase() } }),
    vector('another payload', { subject: { ...subject, payload: actor.payload } }),
    vector('one field passed off as another', { actor: subject }),
    vector('a first entry passed off as a later one', {
      prev: { ...prev, payload: Buffer.from(input.eventId) },
    }),
  ];
}

function rejections(leaf: string): readonly JsonObject[] {
  const texts: Readonly<Record<string, string>> = {
    'a space': leaf.replace(',', ', '),
    'a line feed at the end': `${leaf}\n`,
    'a byte order mark': `\ufeff${leaf}`,
    'upper-case hex': leaf.replace(/"actor":"[^"]+"/, (field) =>
      field.toUpperCase().replace('ACTOR', 'actor'),
    ),
    'another order': leaf.replace(/("actor":"[^"]+"),("evidence":"[^"]+")/, '$2,$1'),
    'a field twice': leaf.replace(/("actor":"[^"]+")/, '$1,$1'),
    'a field more': leaf.replace(/,"id"/, ',"extra":1,"id"'),
    'a field less': leaf.replace(/"actor":"[^"]+",/, ''),
    'an escape': leaf.replace('"type":"d', '"type":"\\u0064'),
    'a short commitment': leaf.replace(/"actor":"../, '"actor":"'),
    'a short id': leaf.replace(/"id":"[^"]+"/, '"id":"AAAAAAAAAAAAAAAAAAAAAAAAA"'),
    'a version as text': leaf.replace('"v":1', '"v":"1"'),
    'a version with a fraction': leaf.replace('"v":1', '"v":1.0'),
    'version 2': leaf.replace('"v":1', '"v":2'),
    'a type of a newer writer': leaf.replace('decision/v1', 'drill/v1'),
    'no such day': leaf.replace(/"time":"[^"]+"/, '"time":"2027-02-29T00:00:00.000Z"'),
    'a leap second': leaf.replace(/"time":"[^"]+"/, '"time":"2016-12-31T23:59:60.000Z"'),
    'seconds only': leaf.replace(/"time":"[^"]+"/, '"time":"2027-01-01T00:00:00Z"'),
    'an offset': leaf.replace(/"time":"[^"]+"/, '"time":"2027-01-01T00:00:00.000+00:00"'),
    nothing: '',
  };
  return Object.entries(texts).map(([name, text]) => {
    const parsed = parseLeaf(text);
    if (parsed.ok) throw new Error(`${name} is not rejected`);
    return { name, text, problem: parsed.problem };
  });
}

export function leafVectors(): JsonObject {
  const inputs = Object.entries(cases()).map(([name, input]) => ({
    name,
    input: { ...input, randomBytes: fixedSalts(name) },
  }));
  const leaves = inputs.map(({ name, input }) => leafVector(name, input));
  const [first] = Object.values(cases());
  if (first === undefined) throw new Error('there is no case');
  const name = 'disclosures';
  const { leaf } = makeDecisionEvent({ ...first, randomBytes: fixedSalts(name) });
  return {
    format: 'Assay ledger leaf, version 1: docs/leaf-v1.md. Payloads are UTF-8 text; hex is lower case.',
    leaves,
    disclosures: disclosures({ ...first, randomBytes: fixedSalts(name) }),
    rejected: rejections(leaf),
  };
}

/** The file's own text: indented, keys as above. */
export function vectorsText(): string {
  const vectors = leafVectors();
  canonicalJson(vectors);
  return `${JSON.stringify(vectors, undefined, 2)}\n`;
}

if (import.meta.main) {
  writeFileSync(new URL('../docs/vectors/leaf-v1.json', import.meta.url), vectorsText());
}
