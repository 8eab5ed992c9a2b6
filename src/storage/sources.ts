/** Approvals of sources, and tags as they were seen: each in one transaction with its ledger entry. */
import type { Kysely } from 'kysely';
import type { OutboxEvent } from '../admission/deps.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { formatPurl, type Ecosystem, type Purl } from '../core/purl.ts';
import type { SourceIdentity } from '../core/rebuild.ts';
import type { SourceApproval, TagSight } from '../core/source-approval.ts';
import type { Principal } from '../core/subject.ts';
import { addToOutbox, latestEvent } from './outbox.ts';
import type { Schema, SourceApprovalTable } from './schema.ts';
import { readTags, sightTags } from './tag-sightings.ts';
import { fromJson } from './text.ts';
import type { WriteQueue } from './write-queue.ts';

export interface SourceStore {
  /** In force, oldest first: what was approved and not taken back. */
  readonly approved: (ecosystem: Ecosystem, name: string) => Promise<readonly SourceApproval[]>;
  /** In force, of all packages, by name. */
  readonly allApproved: () => Promise<readonly SourceApproval[]>;
  /** Everything that was said, newest first, at most 1,000. */
  readonly history: (ecosystem: Ecosystem, name: string) => Promise<readonly SourceApproval[]>;
  /**
   * `makeEvent` is told the newest entry about the package's source. `unchanged`: it is approved already, or there is nothing
   * to take back. Throws STORAGE_*.
   */
  readonly record: (
    change: Omit<SourceApproval, 'eventId'>,
    makeEvent: (previousEventId: string | undefined) => OutboxEvent,
  ) => Promise<SourceApproval | 'unchanged'>;
  /**
   * Where each tag was first seen, by whoever saw it; now, when nobody did. What no entry has yet of them gets one, in the same
   * transaction. `commits`: at most a few hundred. Throws STORAGE_*.
   */
  readonly seeTags: (
    seen: {
      readonly purl: Purl;
      readonly repository: string;
      readonly commits: Readonly<Record<string, string>>;
      readonly at: string;
    },
    makeEvent: (tags: readonly TagSight[], previousEventId: string | undefined) => OutboxEvent,
  ) => Promise<ReadonlyMap<string, { readonly commit: string; readonly at: string }>>;
}

const shown = 1000;

/** Entries about the source of one package, and the recipes it is built by, follow each other. */
export function sourceChain(purl: Purl): { readonly chain: string } {
  return { chain: JSON.stringify(['source', purl]) };
}

/** `announce` is called when an event for the log has reached the disk. */
export function createSourceStore(
  db: Kysely<Schema>,
  { write }: WriteQueue,
  announce: () => void,
): SourceStore {
  return {
    approved: async (ecosystem, name) => inForce(await rowsOf(db, ecosystem, name)),
    allApproved: async () => {
      const rows = await db
        .selectFrom('source_approvals')
        .selectAll()
        .orderBy('ecosystem')
        .orderBy('name')
        .orderBy('revision')
        .execute();
      return inForce(rows);
    },
    history: async (ecosystem, name) =>
      (await rowsOf(db, ecosystem, name)).toReversed().slice(0, shown).map(approvalOf),
    record: async (change, makeEvent) => {
      const outcome = await write((inside) => recordChange(inside, change, makeEvent));
      if (outcome !== 'unchanged') announce();
      return outcome;
    },
    seeTags: async (seen, makeEvent) => {
      const known = await readTags(db, seen.repository, Object.keys(seen.commits));
      if (await isLogged(db, seen.repository, seen.commits, known)) return known;
      const first = await write((inside) => seeTags(inside, seen, makeEvent));
      announce();
      return first;
    },
  };
}

function rowsOf(
  db: Kysely<Schema>,
  ecosystem: Ecosystem,
  name: string,
): Promise<readonly SourceApprovalTable[]> {
  return db
    .selectFrom('source_approvals')
    .selectAll()
    .where('ecosystem', '=', ecosystem)
    .where('name', '=', name)
    .orderBy('revision')
    .execute();
}

/** The last word on each identity of each package. */
function inForce(rows: readonly SourceApprovalTable[]): readonly SourceApproval[] {
  const last = new Map<string, SourceApprovalTable>();
  for (const row of rows) {
    const key = JSON.stringify([row.ecosystem, row.name, row.identity]);
    last.delete(key);
    if (row.action === 'approve') last.set(key, row);
  }
  return [...last.values()].map(approvalOf);
}

function approvalOf(row: SourceApprovalTable): SourceApproval {
  const identity = fromJson(row.identity, 'the identity of a source') as Partial<SourceIdentity>;
  return {
    ecosystem: row.ecosystem as Ecosystem,
    name: row.name,
    action: row.action as SourceApproval['action'],
    identity: {
      repository: identity.repository ?? '',
      // JSON has no `undefined`.
      repositoryId: identity.repositoryId,
      ownerId: identity.ownerId,
      keys: identity.keys ?? [],
    },
    reason: row.reason,
    principal: fromJson(row.principal, 'a principal') as Principal,
    at: row.at,
    eventId: row.event_id,
  };
}

/** The same identity is the same text. */
function identityText({ repository, repositoryId, ownerId, keys }: SourceIdentity): string {
  return canonicalJson({
    repository,
    ...(repositoryId === undefined ? {} : { repositoryId }),
    ...(ownerId === undefined ? {} : { ownerId }),
    keys: [...new Set(keys)].sort(),
  });
}

async function recordChange(
  db: Kysely<Schema>,
  change: Omit<SourceApproval, 'eventId'>,
  makeEvent: (previousEventId: string | undefined) => OutboxEvent,
): Promise<SourceApproval | 'unchanged'> {
  const { ecosystem, name, action, reason, principal, at } = change;
  const rows = await rowsOf(db, ecosystem, name);
  const identity = identityText(change.identity);
  const isApproved = inForce(rows).some((one) => identityText(one.identity) === identity);
  if (isApproved === (action === 'approve')) return 'unchanged';
  const chain = sourceChain(formatPurl(ecosystem, name));
  const event = makeEvent(await latestEvent(db, chain));
  await addToOutbox(db, chain, event);
  const row = {
    ecosystem,
    name,
    revision: (rows.at(-1)?.revision ?? 0) + 1,
    action,
    identity,
    reason,
    principal: JSON.stringify({ kind: principal.kind, name: principal.name }),
    at,
    event_id: event.eventId,
  };
  await db.insertInto('source_approvals').values(row).execute();
  return approvalOf(row);
}

type Seen = Parameters<SourceStore['seeTags']>[0];
type First = ReadonlyMap<string, { readonly commit: string; readonly at: string }>;

async function isLogged(
  db: Kysely<Schema>,
  repository: string,
  commits: Seen['commits'],
  first: First,
): Promise<boolean> {
  const logged = await loggedPairs(db, repository, Object.keys(commits));
  return Object.entries(commits).every(
    ([tag, commit]) =>
      first.has(tag) && logged.has(pair(tag, commit)) && logged.has(pair(tag, first.get(tag)?.commit ?? '')),
  );
}

function pair(tag: string, commit: string): string {
  return `${tag} ${commit}`;
}

async function loggedPairs(
  db: Kysely<Schema>,
  repository: string,
  tags: readonly string[],
): Promise<ReadonlySet<string>> {
  if (tags.length === 0) return new Set();
  const rows = await db
    .selectFrom('source_tags')
    .select(['tag', 'commit_id'])
    .where('repository', '=', repository)
    .where('tag', 'in', tags)
    .execute();
  return new Set(rows.map((row) => pair(row.tag, row.commit_id)));
}

async function seeTags(
  db: Kysely<Schema>,
  { purl, repository, commits, at }: Seen,
  makeEvent: (tags: readonly TagSight[], previousEventId: string | undefined) => OutboxEvent,
): Promise<First> {
  const tags = Object.keys(commits);
  const first = await sightTags(db, repository, commits, at);
  const logged = await loggedPairs(db, repository, tags);
  const sights = tags.flatMap((tag): readonly TagSight[] => {
    const { commit: firstCommit = '', at: firstAt = at } = first.get(tag) ?? {};
    const seen = [...new Set([firstCommit, commits[tag] ?? firstCommit])];
    return seen
      .filter((commit) => !logged.has(pair(tag, commit)))
      .map((commit) => ({ tag, commit, firstCommit, firstAt }));
  });
  if (sights.length === 0) return first;
  const chain = sourceChain(purl);
  const event = makeEvent(sights, await latestEvent(db, chain));
  await addToOutbox(db, chain, event);
  const rows = sights.map(({ tag, commit }) => ({
    repository,
    tag,
    commit_id: commit,
    event_id: event.eventId,
  }));
  await db.insertInto('source_tags').values(rows).execute();
  return first;
}
