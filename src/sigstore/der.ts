/** DER (X.690) of certificates and timestamps, read with @sigstore/core's parser and held to its canonical form. */
import { ASN1Obj } from '@sigstore/core';
import { refuse, step } from './refused.ts';
import type { BundleFailure } from './types.ts';

export type Der = ASN1Obj;

/**
 * The parser opens octet strings that happen to hold DER; `value` stays what it was. Written again, the tree must be the
 * input byte for byte: then there is one encoding for one meaning, and parts of it can be hashed as they were signed.
 */
export function readDer(bytes: Buffer, failure: BundleFailure, what: string): Der {
  return step(failure, `${what} is no DER`, () => {
    // The parser wants a buffer of its own, not a view of a larger one.
    const tree = ASN1Obj.parseBuffer(Buffer.from(bytes));
    if (!tree.toDER().equals(bytes)) refuse(failure, `${what} is not in canonical DER`);
    return tree;
  });
}

/** The n-th part; throws RangeError, which the caller's `step` turns into its own failure. */
export function part(of: Der, n: number): Der {
  const found = of.subs[n];
  if (found === undefined) throw new RangeError(`no part ${n}`);
  return found;
}

/** A copy with other parts. */
export function withParts(of: Der, parts: readonly Der[]): Der {
  return new ASN1Obj(of.tag, Buffer.alloc(0), [...parts]);
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
