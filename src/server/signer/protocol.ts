/**
 * What goes over the pipe: one JSON object a line, `{id, request}` in, `{id, answer}` or `{id, error}` out, answered in
 * the order asked. Whatever is not exactly a request of the closed union is refused before anything looks at it.
 */
import { isOrigin } from '../../ledger/signing/origin.ts';
import { maxProofLines } from '../../ledger/signing/may-sign.ts';
import { maxLeafBytes } from '../../ledger/verify/leaf.ts';
import type { SignerRequest } from '../../ledger/signing/requests.ts';
import type { JsonObject } from '../../core/json.ts';
import { z } from '../zod.ts';

/** A statement of the largest kind, as it is written in JSON. */
export const maxLineBytes = 4 * 1024 * 1024;

const origin = z.string().refine(isOrigin, 'is no origin of a log');
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const principal = z.strictObject({
  kind: z.enum(['operator', 'person', 'robot', 'system']),
  name: z.string().min(1).max(200),
});

const requestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('last'), origin }),
  z.strictObject({ kind: z.literal('vkeys'), origin }),
  z.strictObject({
    kind: z.literal('checkpoint'),
    origin,
    oldSize: size,
    size,
    root: hash,
    proof: z.array(hash).max(maxProofLines),
  }),
  z.strictObject({
    kind: z.literal('attestation'),
    origin,
    // Looked at key by key in `judgeStatement`; here only that it is an object, untouched.
    statement: z.custom<JsonObject>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    ),
  }),
  z.strictObject({
    kind: z.literal('build-attestation'),
    origin,
    // Looked at key by key in `judgeBuildStatement`.
    statement: z.custom<JsonObject>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    ),
  }),
  z.strictObject({ kind: z.literal('builder-keys'), origin }),
  z.strictObject({ kind: z.literal('begin-builder-key'), origin, principal }),
  z.strictObject({
    kind: z.literal('use-builder-key'),
    origin,
    index: size,
    entry: z.string().max(maxLeafBytes),
    proof: z.array(hash).max(maxProofLines),
    salt: hash,
    // Looked at in `judgeBuilderKeyUse`.
    statement: z.custom<JsonObject>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    ),
  }),
  z.strictObject({ kind: z.literal('rotate-key'), origin, step: z.enum(['begin', 'retire']), principal }),
  z.strictObject({ kind: z.literal('registry-keys'), origin }),
  z.strictObject({
    kind: z.literal('registry-signature'),
    origin,
    // Looked at in `judgeRegistrySignature`.
    name: z.string().max(214),
    version: z.string().max(256),
    integrity: z.string().max(100),
  }),
  z.strictObject({ kind: z.literal('rotate-registry-key'), origin }),
]) satisfies z.ZodType<SignerRequest>;

const lineSchema = z.strictObject({
  id: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  request: requestSchema,
});

export interface RequestLine {
  readonly id: number;
  readonly request: SignerRequest;
}

/** Undefined for anything that is not one request, whole and exact. */
export function parseRequestLine(line: string): RequestLine | undefined {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The id of a line that is no request, so that it can be answered; undefined when it has none. */
export function idOf(line: string): number | undefined {
  try {
    const parsed = z.looseObject({ id: lineSchema.shape.id }).safeParse(JSON.parse(line));
    return parsed.success ? parsed.data.id : undefined;
  } catch {
    return undefined;
  }
}
