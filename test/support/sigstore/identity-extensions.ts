/** The identity of a signer in Fulcio's extensions (sigstore/fulcio, docs/oid-info.md), 1.3.6.1.4.1.57264.1.N. */
import type { SignerIdentity } from '../../../src/core/identity.ts';
import { utf8 } from './der.ts';

/** `deprecated`: .1 to .6 alone, as in certificates of early 2023; `current`: .8 and up alone. */
export type ExtensionSet = 'all' | 'deprecated' | 'current';

const current: readonly (readonly [number, Exclude<keyof SignerIdentity, 'subject'>])[] = [
  [8, 'issuer'],
  [9, 'buildSignerUri'],
  [10, 'buildSignerDigest'],
  [11, 'runnerEnvironment'],
  [12, 'sourceRepositoryUri'],
  [13, 'sourceRepositoryDigest'],
  [14, 'sourceRepositoryRef'],
  [15, 'sourceRepositoryId'],
  [16, 'ownerUri'],
  [17, 'ownerId'],
  [18, 'buildConfigUri'],
  [19, 'buildConfigDigest'],
  [20, 'buildTrigger'],
  [21, 'runInvocationUri'],
  [22, 'visibility'],
  [23, 'deploymentEnvironment'],
];

export function identityExtensions(
  identity: Partial<SignerIdentity>,
  set: ExtensionSet,
): readonly (readonly [string, Buffer])[] {
  // Raw text in the deprecated ones, DER UTF8String in the others.
  const raw = set === 'current' ? [] : deprecatedValues(identity).map(encoded((text) => Buffer.from(text)));
  const wrapped =
    set === 'deprecated' ? [] : current.map(([n, field]) => [n, identity[field]] as const).map(encoded(utf8));
  return [...raw, ...wrapped].filter((entry) => entry !== undefined);
}

function deprecatedValues(
  identity: Partial<SignerIdentity>,
): readonly (readonly [number, string | undefined])[] {
  const { sourceRepositoryUri: uri } = identity;
  return [
    [1, identity.issuer],
    [2, identity.buildTrigger],
    [3, identity.sourceRepositoryDigest],
    [4, uri === undefined ? undefined : 'Release'],
    [5, uri === undefined ? undefined : new URL(uri).pathname.slice(1)],
    [6, identity.sourceRepositoryRef],
  ];
}

function encoded(
  encode: (text: string) => Buffer,
): (entry: readonly [number, string | undefined]) => readonly [string, Buffer] | undefined {
  return ([n, value]) => (value === undefined ? undefined : [`1.3.6.1.4.1.57264.1.${n}`, encode(value)]);
}
