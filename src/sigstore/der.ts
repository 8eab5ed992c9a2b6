/** DER (X.690) of certificates and timestamps, read with @sigstore/core's strict parser. */
import { ASN1Obj } from '@sigstore/core';
import { step } from './refused.ts';
import type { BundleFailure } from './types.ts';

export type Der = ASN1Obj;

/**
 * The parser takes definite lengths in their shortest form alone, and nothing after the end: the tree written again is the
 * input. It also opens octet strings that happen to hold DER; their `value` stays what it was.
 */
export function readDer(bytes: Buffer, failure: BundleFailure, what: string): Der {
  // It wants a buffer of its own, not a view of a larger one.
  return step(failure, `${what} is no DER`, () => ASN1Obj.parseBuffer(Buffer.from(bytes)));
}

/** Tag, length and content as they were read: a view, not a copy. Writing the tree again costs more than any signature. */
export function rawOf({ value }: Der): Buffer {
  const header = headerOf(0, value.length).length;
  return Buffer.from(value.buffer, value.byteOffset - header, header + value.length);
}

/** A new element around parts that are DER already. */
export function encode(tag: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([headerOf(tag, length), ...parts]);
}

/** X.690 sections 8.1.3 and 10.1. */
function headerOf(tag: number, length: number): Buffer {
  if (length < 128) return Buffer.from([tag, length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([tag, 0x80 | bytes.length, ...bytes]);
}

/** The n-th part; throws RangeError, which the caller's `step` turns into its own failure. */
export function part(of: Der, n: number): Der {
  const found = of.subs[n];
  if (found === undefined) throw new RangeError(`no part ${n}`);
  return found;
}

export const universal = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 0x18,
} as const;

/** The tag as its one byte on the wire. */
export function tagOf(of: Der): number {
  return of.tag.toDER();
}

/** Throws RangeError unless the tag is this one. */
export function expectTag(of: Der, tag: number): Der {
  if (tagOf(of) !== tag) throw new RangeError(`not the tag ${tag}`);
  return of;
}

/** A SEQUENCE, SET or context tag with a number of parts between the two. */
export function expectParts(of: Der, tag: number, min: number, max = min): Der {
  const { length } = expectTag(of, tag).subs;
  if (length < min || length > max) throw new RangeError(`not ${min} to ${max} parts`);
  return of;
}

/** AlgorithmIdentifier: an identifier and, at most, the NULL that some writers add. */
export function algorithmIdentifier(of: Der): string {
  expectParts(of, universal.sequence, 1, 2);
  const parameters = of.subs[1];
  if (parameters !== undefined && (tagOf(parameters) !== universal.null || parameters.value.length > 0))
    throw new RangeError('parameters of an algorithm');
  return expectTag(part(of, 0), universal.oid).toOID();
}
