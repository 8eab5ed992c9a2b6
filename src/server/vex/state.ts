/** What is remembered of VEX from one start to the next: the documents, each a blob, and the operator's own statements. */
import { isSha256, type Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import { justifications, statuses } from '../../advisories/vex/read.ts';
import { z } from '../zod.ts';

const text = z.string().max(2000);
const time = z.string().max(40);
const count = z.number().int().min(0);
const digest = z.custom<Sha256>((value) => typeof value === 'string' && isSha256(value));

function isPurl(value: unknown): boolean {
  try {
    return typeof value === 'string' && parsePurl(value).name !== '';
  } catch {
    return false;
  }
}

const document = z.object({
  id: text,
  signer: text,
  /** Of the blob, as it was imported. */
  digest,
  sizeBytes: count,
  /** Base64 of the file beside it; absent: it is an envelope. */
  signature: z.string().max(20_000).optional(),
  /** Sooner than its statements would end; absent: as they do. */
  until: time.optional(),
  /** When the last of them ends, and how many there were, at the import. */
  ends: time,
  statements: count,
  source: text,
  importedAt: time,
  entry: text,
});

const stated = z.object({
  id: text,
  product: z.custom<Purl>(isPurl),
  vulnerability: text,
  status: z.enum(statuses),
  justification: z.enum(justifications).optional(),
  reason: text,
  by: text,
  from: time,
  until: time,
  entry: text,
});

const shape = z.object({ documents: z.array(document), stated: z.array(stated) });

/** A document of a third party. */
export type KeptDocument = z.infer<typeof document>;
/** A statement of the operator's. */
export type Stated = z.infer<typeof stated>;

export interface VexState {
  readonly documents: readonly KeptDocument[];
  readonly stated: readonly Stated[];
}

export const noVex: VexState = { documents: [], stated: [] };

export function formatState(state: VexState): string {
  return JSON.stringify(state);
}

/** Throws FEED_SNAPSHOT_INVALID. */
export function parseState(stored: string): VexState {
  const parsed = shape.safeParse(jsonOf(stored));
  if (parsed.success) return parsed.data;
  throw new AssayError('FEED_SNAPSHOT_INVALID', 'what is stored of VEX documents cannot be read');
}

function jsonOf(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
