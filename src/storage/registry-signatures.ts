/** The gate's own entries of `dist.signatures`: made after a decision, shown while an allow is in force. */
import type { Kysely } from 'kysely';
import type { Sha256, Sha512 } from '../core/digest.ts';
import type { ReleaseId, UpstreamId } from '../core/subject.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

/** A release whose present allow is without a signature by the present key. */
export interface UnsignedRelease {
  readonly id: ReleaseId;
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly version: string;
  readonly artifact: Sha256;
  readonly sha512: Sha512;
  /** Of its decision: a later transition has a greater one. */
  readonly seq: number;
}

/** One entry of `dist.signatures`: base64 of an ECDSA signature in ASN.1 DER. */
interface RegistrySignature {
  readonly keyid: string;
  readonly sig: string;
}

export interface SignedRelease extends RegistrySignature {
  readonly version: string;
  readonly file: string;
  readonly sha512: Sha512;
}

export interface ReleaseSignature extends RegistrySignature {
  readonly id: ReleaseId;
  /** Of the bytes that were signed. */
  readonly artifact: Sha256;
  /** RFC 3339 UTC. */
  readonly at: string;
}

export interface RegistrySignatureStore {
  /** In the order of their decisions, after the one with this `seq`. npm's alone: nobody else asks for them. */
  readonly unsigned: (
    keyid: string | undefined,
    afterSeq: number,
    limit: number,
  ) => Promise<readonly UnsignedRelease[]>;
  /** An empty `sig`: the signer refuses this release by name, and is not asked again. */
  readonly record: (signatures: readonly ReleaseSignature[]) => Promise<void>;
  /** Those whose allow is in force, and is about the bytes that were signed. */
  readonly of: (upstream: UpstreamId, name: string) => Promise<readonly SignedRelease[]>;
}

export function createRegistrySignatureStore(
  db: Kysely<Schema>,
  { write }: WriteQueue,
): RegistrySignatureStore {
  return {
    unsigned: async (keyid, afterSeq, limit) => {
      const rows = await allowed(db)
        .leftJoin('registry_signatures', (join) =>
          join
            .onRef('registry_signatures.release_id', '=', 'releases.id')
            .onRef('registry_signatures.artifact', '=', 'releases.artifact')
            .on('registry_signatures.keyid', '=', keyid ?? ''),
        )
        .select(['releases.id', 'releases.upstream', 'releases.name', 'releases.version'])
        .select(['releases.artifact', 'artifacts.sha512', 'decisions.seq'])
        .where('registry_signatures.keyid', 'is', null)
        .where('decisions.seq', '>', afterSeq)
        .orderBy('decisions.seq')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id as ReleaseId,
        upstream: row.upstream as UpstreamId,
        name: row.name,
        version: row.version,
        artifact: row.artifact as Sha256,
        sha512: row.sha512 as Sha512,
        seq: row.seq,
      }));
    },
    record: async (signatures) => {
      if (signatures.length === 0) return;
      await write(async (inside) => {
        for (const { id, artifact, keyid, sig, at } of signatures) {
          const row = { artifact, keyid, sig, signed_at: at };
          await inside
            .insertInto('registry_signatures')
            .values({ release_id: id, ...row })
            .onConflict((conflict) => conflict.column('release_id').doUpdateSet(row))
            .execute();
        }
      });
    },
    of: async (upstream, name) => {
      const rows = await allowed(db)
        .innerJoin('registry_signatures', (join) =>
          join
            .onRef('registry_signatures.release_id', '=', 'releases.id')
            .onRef('registry_signatures.artifact', '=', 'releases.artifact'),
        )
        .select(['releases.version', 'releases.file', 'artifacts.sha512'])
        .select(['registry_signatures.keyid', 'registry_signatures.sig'])
        .where('releases.upstream', '=', upstream)
        .where('releases.name', '=', name)
        .where('registry_signatures.sig', '<>', '')
        .orderBy('releases.id')
        .execute();
      return rows.map((row) => ({ ...row, sha512: row.sha512 as Sha512 }));
    },
  };
}

/** Releases of npm with bytes and an allow in force. */
function allowed(db: Kysely<Schema>) {
  return db
    .selectFrom('releases')
    .innerJoin('decisions', (join) =>
      join
        .onRef('decisions.release_id', '=', 'releases.id')
        .on('decisions.superseded_at', 'is', null)
        .on('decisions.outcome', '=', 'allow')
        .on('decisions.stage', '=', 'file'),
    )
    .innerJoin('artifacts', 'artifacts.sha256', 'releases.artifact')
    .where('releases.ecosystem', '=', 'npm')
    .where('releases.admitted_at', 'is not', null);
}
