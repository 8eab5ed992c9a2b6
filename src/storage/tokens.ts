/** Bearer tokens, by the SHA-256 of their secret. The secret itself is made and seen only by the server. */
import type { Kysely } from 'kysely';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { Schema, TokenTable } from './schema.ts';
import { fromJson } from './text.ts';
import type { WriteQueue } from './write-queue.ts';

export interface TokenRecord {
  readonly id: string;
  /** Unique among tokens that are neither revoked nor expired. */
  readonly name: string;
  /** Ids of the upstreams it may read. */
  readonly grants: readonly string[];
  /** All times are RFC 3339 UTC. */
  readonly createdAt: string;
  /** Undefined: does not expire. */
  readonly expiresAt: string | undefined;
  /** To within a minute. */
  readonly lastUsedAt: string | undefined;
  readonly revokedAt: string | undefined;
}

export interface NewToken extends Pick<TokenRecord, 'id' | 'name' | 'grants' | 'createdAt' | 'expiresAt'> {
  readonly hash: Sha256;
}

export interface TokenStore {
  /** Throws TOKEN_NAME_TAKEN. */
  readonly create: (token: NewToken) => Promise<TokenRecord>;
  /** Also one that is revoked or expired: the caller compares the times. */
  readonly findByHash: (hash: Sha256) => Promise<TokenRecord | undefined>;
  /** Newest first, the dead ones too. */
  readonly list: () => Promise<readonly TokenRecord[]>;
  /** False when there is no such token or it was revoked before. */
  readonly revoke: (id: string, at: string) => Promise<boolean>;
  /** Writes at most once a minute for a token. */
  readonly touch: (id: string, at: string) => Promise<void>;
}

const touchEveryMs = 60_000;

export function createTokenStore(db: Kysely<Schema>, { write }: WriteQueue): TokenStore {
  return {
    create: (token) => write((inside) => create(inside, token)),
    findByHash: async (hash) => {
      const row = await db.selectFrom('tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row === undefined ? undefined : tokenOf(row);
    },
    list: async () => {
      const rows = await db
        .selectFrom('tokens')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .execute();
      return rows.map(tokenOf);
    },
    revoke: (id, at) =>
      write(async (inside) => {
        const change = inside.updateTable('tokens').set({ revoked_at: at }).where('id', '=', id);
        const { numUpdatedRows } = await change.where('revoked_at', 'is', null).executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      }),
    touch: async (id, at) => {
      const row = await db
        .selectFrom('tokens')
        .select('last_used_at')
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined || (row.last_used_at !== null && isRecent(row.last_used_at, at))) return;
      await write((inside) =>
        inside.updateTable('tokens').set({ last_used_at: at }).where('id', '=', id).execute(),
      );
    },
  };
}

async function create(db: Kysely<Schema>, token: NewToken): Promise<TokenRecord> {
  const { id, name, hash, createdAt, expiresAt } = token;
  const holder = await db
    .selectFrom('tokens')
    .select(['id', 'expires_at'])
    .where('name', '=', name)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (holder !== undefined) {
    if (holder.expires_at === null || holder.expires_at > createdAt) {
      throw new AssayError('TOKEN_NAME_TAKEN', `a live token is already named ${JSON.stringify(name)}`);
    }
    // An expired token gives up its name by being revoked at its end.
    await db
      .updateTable('tokens')
      .set({ revoked_at: holder.expires_at })
      .where('id', '=', holder.id)
      .execute();
  }
  const row: TokenTable = {
    id,
    name,
    hash,
    grants: JSON.stringify(token.grants),
    created_at: createdAt,
    expires_at: expiresAt ?? null,
    last_used_at: null,
    revoked_at: null,
  };
  await db.insertInto('tokens').values(row).execute();
  return tokenOf(row);
}

function isRecent(lastUsedAt: string, at: string): boolean {
  return Math.abs(Date.parse(at) - Date.parse(lastUsedAt)) < touchEveryMs;
}

function tokenOf(row: TokenTable): TokenRecord {
  return {
    id: row.id,
    name: row.name,
    grants: fromJson(row.grants, 'the grants of a token') as readonly string[],
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  };
}
