/** What opens an entry, out of what is stored of it: the statement names subject, actor and evidence, the salts lie apart. */
import { builderKeyName } from '../core/build-attestation.ts';
import { isSha256, type Sha256 } from '../core/digest.ts';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../core/json.ts';
import type { Principal, Subject } from '../core/subject.ts';
import { expectationPredicateType } from './expectation-event.ts';
import { decisionOpenings, sha256Bytes, type EventInput } from './leaf.ts';
import { rebuildPredicateType } from './rebuild-event.ts';
import { sourcePredicateType } from './source-event.ts';
import { builderKeyPredicateType } from './signing/builder-key.ts';
import { rotationPredicateType } from './signing/rotation.ts';
import { feedPredicateType } from './feed-event.ts';
import { trustPredicateType } from './trust-event.ts';
import { leafFields, type Leaf, type LeafField } from './verify/leaf.ts';
import { verifyOpening, type Openings } from './verify/opening.ts';

export interface StoredEntry {
  readonly leaf: Leaf;
  readonly statement: JsonObject;
  /** Field → salt; fewer after an erasure. */
  readonly salts: Readonly<Record<string, string>>;
  readonly previousEventId: string | undefined;
}

/** Only what the entry really commits to, and of that only the fields asked for: nothing refuted is ever handed out. */
export function openingsOf(entry: StoredEntry, fields: readonly LeafField[]): Openings {
  const { statement, salts, previousEventId } = entry;
  const subject = subjectOf(statement);
  const actor = actorOf(statement);
  if (subject === undefined || actor === undefined) return {};
  const evidence = evidenceOf(statement);
  const all = decisionOpenings({ subject, actor, statement, evidence, previousEventId }, salts);
  const verdict = verifyOpening(entry.leaf, all, sha256Bytes);
  const shown = leafFields.filter((field) => fields.includes(field) && verdict[field] === 'opened');
  return Object.fromEntries(shown.map((field) => [field, all[field]]));
}

/** The release, the package, the log, or the trust or feeds in force, that the statement is about. The casts are safe: a wrong value makes another commitment, and stays closed. */
function subjectOf(statement: JsonObject): EventInput['subject'] | undefined {
  const predicate = ownObject(statement, 'predicate');
  if (ownString(statement, 'predicateType') === rotationPredicateType)
    return { log: (predicate && ownString(predicate, 'origin')) ?? '' };
  if (ownString(statement, 'predicateType') === trustPredicateType) return { trust: 'roots and keys' };
  if (ownString(statement, 'predicateType') === builderKeyPredicateType)
    return { builder: builderKeyName((predicate && ownString(predicate, 'origin')) ?? '') };
  const aboutSources: readonly unknown[] = [rebuildPredicateType, sourcePredicateType];
  if (predicate !== undefined && aboutSources.includes(ownString(statement, 'predicateType')))
    return { rebuild: ownString(predicate, 'package') ?? '' };
  if (ownString(statement, 'predicateType') === feedPredicateType) return { feeds: 'advisories' };
  if (predicate !== undefined && ownString(statement, 'predicateType') === expectationPredicateType)
    return {
      upstream: ownString(predicate, 'upstream') ?? '',
      package: ownString(predicate, 'package') ?? '',
    };
  const release = predicate && ownObject(predicate, 'release');
  if (predicate === undefined || release === undefined) return undefined;
  const text = (key: string): string => ownString(release, key) ?? '';
  const artifact = ownString(predicate, 'artifact') ?? artifactOf(statement);
  const named = {
    upstream: text('upstream'),
    channel: text('channel'),
    ecosystem: text('ecosystem'),
    purl: text('purl'),
    file: text('file'),
    claimedIntegrity: text('claimedIntegrity'),
  } as Subject;
  return artifact !== undefined && isSha256(artifact) ? { ...named, artifact } : named;
}

/** The bytes that a decision is about; an erasure's own subject is the entry it erased from. */
function artifactOf(statement: JsonObject): string | undefined {
  if (ownString(statement, 'predicateType')?.includes(':decision:') !== true) return undefined;
  const [first] = list(own(statement, 'subject'));
  const digest = isJsonObject(first) ? ownObject(first, 'digest') : undefined;
  return digest && ownString(digest, 'sha256');
}

function actorOf(statement: JsonObject): Principal | undefined {
  const predicate = ownObject(statement, 'predicate');
  const principal = predicate && ownObject(predicate, 'principal');
  const kind = principal && ownString(principal, 'kind');
  const name = principal && ownString(principal, 'name');
  return kind === undefined || name === undefined ? undefined : ({ kind, name } as Principal);
}

function evidenceOf(statement: JsonObject): readonly Sha256[] {
  const predicate = ownObject(statement, 'predicate') ?? {};
  return list(own(predicate, 'evidence')).flatMap((one) => {
    const digest = isJsonObject(one) ? ownString(one, 'digest') : undefined;
    return digest !== undefined && isSha256(digest) ? [digest] : [];
  });
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
