/**
 * The routes of the control socket about VEX (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `GET /vex` | | `VexAnswer` |
 * | `POST /vex/about` | `vexAbout` | `VexStatements` |
 * | `POST /vex/import` | `vexImport` | `VexImported`; 400 and 409 VEX_*, 404 VEX_SIGNER_UNKNOWN |
 * | `POST /vex/statements` | `vexAdd` | `VexAdded` |
 * | `POST /vex/remove` | `vexRemove` | `{id}`; 404 VEX_UNKNOWN |
 */
import { justifications, statuses } from '../../advisories/vex/read.ts';
import { z } from '../zod.ts';

export { justifications, statuses };

const text = z.string().max(20_000);
const time = z.string().max(40);
const digest = z.string().max(64);
const count = z.number().int().min(0);

const document = z.object({
  id: text,
  signer: text,
  digest,
  statements: count,
  /** Of them, those that count now. */
  inForce: count,
  /** Those that say nothing here, or not in the form that they must have. */
  passedOver: count,
  ends: time,
  source: text,
  importedAt: time,
  /** Id of the ledger entry. */
  entry: text,
  /** Why it does not count. */
  problem: text.optional(),
});

const stated = z.object({
  id: text,
  product: text,
  vulnerability: text,
  status: z.enum(statuses),
  justification: z.enum(justifications).optional(),
  reason: text,
  by: text,
  from: time,
  until: time,
  entry: text,
});

export const vexAnswer = z.object({
  at: time,
  /** `key`: SHA-256 of the public key (SubjectPublicKeyInfo). */
  signers: z.array(z.object({ name: text, key: digest, validDays: z.number() })),
  documents: z.array(document),
  stated: z.array(stated),
});
export type VexAnswer = z.infer<typeof vexAnswer>;

const purl = z.string().min(1).max(1024);

export const vexAbout = z.strictObject({ package: purl });
export type VexAbout = z.infer<typeof vexAbout>;

const statement = z.object({
  author: text,
  product: text,
  vulnerabilities: z.array(text),
  status: z.enum(statuses),
  justification: z.enum(justifications).optional(),
  statement: text,
  from: time,
  until: time.optional(),
});

/** `more`: how many there are besides. */
export const vexStatements = z.object({ statements: z.array(statement), more: count });
export type VexStatements = z.infer<typeof vexStatements>;

/** An absolute path on the gate's machine, or a URL. */
const place = z.string().min(1).max(4096);

export const vexImport = z.strictObject({
  from: place,
  signer: z.string().min(1).max(100),
  signature: place.optional(),
  until: z.iso.datetime().optional(),
});
export type VexImport = z.infer<typeof vexImport>;

export const vexImported = z.object({ document, isSame: z.boolean(), packages: count });
export type VexImported = z.infer<typeof vexImported>;

export const vexAdd = z.strictObject({
  product: purl,
  vulnerability: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}$/, 'is no id of an advisory'),
  status: z.enum(statuses),
  justification: z.enum(justifications).optional(),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(1000)
    .refine((reason) => reason.isWellFormed(), 'is not well-formed'),
  until: z.iso.datetime(),
});
export type VexAdd = z.infer<typeof vexAdd>;

export const vexAdded = z.object({ stated });
export type VexAdded = z.infer<typeof vexAdded>;

export const vexRemove = z.strictObject({ id: z.string().min(1).max(100) });
export const vexRemoved = z.object({ id: text });
export type VexRemoved = z.infer<typeof vexRemoved>;
