/**
 * A Sigstore instance's `trusted_root.json` (sigstore/protobuf-specs, TrustedRoot): checked for shape and bounds here,
 * and listed part by part for people. What it vouches for is `sigstore`'s to decide.
 */
import { describeKey } from '../core/algorithms.ts';
import { own, type Json, type JsonObject } from '../core/json.ts';
import { base64, invalid, list, object, text, validity } from './reading.ts';

/** One log, authority or timestamp authority with its window. */
export interface RootPart {
  readonly kind: 'log' | 'certificate-transparency-log' | 'certificate-authority' | 'timestamp-authority';
  /** Its address as the document has it, or its subject; hostile text. */
  readonly name: string;
  /** As `describeKey` names it; undefined for certificates, whose keys `sigstore` judges. */
  readonly key: string | undefined;
  readonly from: string | undefined;
  readonly until: string | undefined;
}

const mediaTypes = [
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
];
const maxParts = 64;

/** Throws TRUST_INVALID unless the document has the shape, and one certificate authority and one log at least. */
export function trustedRootParts(document: JsonObject): readonly RootPart[] {
  const mediaType = text(own(document, 'mediaType'), 'mediaType', 200);
  if (!mediaTypes.includes(mediaType)) throw invalid('mediaType', 'is not that of a trusted root');
  const parts = [
    ...parse(document, 'tlogs', (value, where) => logPart('log', value, where)),
    ...parse(document, 'certificateAuthorities', (value, where) =>
      authorityPart('certificate-authority', value, where),
    ),
    ...parse(document, 'ctlogs', (value, where) => logPart('certificate-transparency-log', value, where)),
    ...parse(document, 'timestampAuthorities', (value, where) =>
      authorityPart('timestamp-authority', value, where),
    ),
  ];
  for (const kind of ['log', 'certificate-authority'] as const)
    if (!parts.some((part) => part.kind === kind)) throw invalid('the trusted root', `names no ${kind}`);
  return parts;
}

function parse(
  document: JsonObject,
  key: string,
  one: (value: Json, where: string) => RootPart,
): readonly RootPart[] {
  const value = own(document, key);
  if (value === undefined) return [];
  return list(value, key, maxParts).map((entry, index) => one(entry, `${key}[${index}]`));
}

function logPart(kind: RootPart['kind'], value: Json, where: string): RootPart {
  const entry = object(value, where);
  const key = object(own(entry, 'publicKey'), `${where}.publicKey`);
  const spki = base64(own(key, 'rawBytes'), `${where}.publicKey.rawBytes`);
  base64(own(object(own(entry, 'logId'), `${where}.logId`), 'keyId'), `${where}.logId.keyId`);
  return {
    kind,
    name: text(own(entry, 'baseUrl'), `${where}.baseUrl`, 500),
    key: describeKey(spki),
    ...validity(own(key, 'validFor'), `${where}.publicKey.validFor`),
  };
}

function authorityPart(kind: RootPart['kind'], value: Json, where: string): RootPart {
  const entry = object(value, where);
  const chain = object(own(entry, 'certChain'), `${where}.certChain`);
  const certificates = list(own(chain, 'certificates'), `${where}.certChain.certificates`, 10);
  if (certificates.length === 0) throw invalid(`${where}.certChain`, 'is empty');
  for (const [index, one] of certificates.entries()) {
    const at = `${where}.certChain.certificates[${index}]`;
    base64(own(object(one, at), 'rawBytes'), `${at}.rawBytes`);
  }
  return {
    kind,
    name: authorityName(entry, where),
    key: undefined,
    ...validity(own(entry, 'validFor'), `${where}.validFor`),
  };
}

function authorityName(entry: JsonObject, where: string): string {
  const uri = own(entry, 'uri');
  if (uri !== undefined && uri !== '') return text(uri, `${where}.uri`, 500);
  const subject = object(own(entry, 'subject'), `${where}.subject`);
  return text(own(subject, 'commonName'), `${where}.subject.commonName`, 500);
}
