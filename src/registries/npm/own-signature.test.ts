import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { sha256 } from '../../core/digest.ts';
import { withOwnSignature, type OwnSignature } from './own-signature.ts';
import { encodeParts, openParts } from './packument-parts.ts';
import { readPackument } from './packument-read.ts';
import { renderPackument, renderVersion } from './packument-render.ts';
import { emptyPlan, type RenderPlan } from './render-plan.ts';

const signature: OwnSignature = {
  version: '1.0.0',
  integrity: 'sha512-AAAA',
  keyid: 'SHA256:ours',
  sig: 'c2ln',
};
const entry = { keyid: signature.keyid, sig: signature.sig };
const theirs = { keyid: 'SHA256:theirs', sig: 'dGhlaXJz' };

function manifest(dist: JsonObject = {}): JsonObject {
  return {
    name: 'lib',
    version: '1.0.0',
    dist: { tarball: 'https://registry.example.com/lib/-/lib-1.0.0.tgz', integrity: 'sha512-AAAA', ...dist },
    scripts: { install: 'x' },
  };
}

function signaturesOf(of: JsonObject | undefined): unknown {
  return (of?.['dist'] as JsonObject | undefined)?.['signatures'];
}

test("our entry comes after upstream's own, and is the only one where there are none", () => {
  assert.deepEqual(signaturesOf(withOwnSignature(manifest({ signatures: [theirs] }), signature)), [
    theirs,
    entry,
  ]);
  for (const none of [{}, { signatures: [] }, { signatures: null }])
    assert.deepEqual(signaturesOf(withOwnSignature(manifest(none), signature)), [entry]);
});

test('an entry that only says that it is ours does not stay', () => {
  const forged = { keyid: signature.keyid, sig: 'Zm9yZ2Vk' };
  assert.deepEqual(signaturesOf(withOwnSignature(manifest({ signatures: [forged, theirs, 1] }), signature)), [
    theirs,
    1,
    entry,
  ]);
});

test('nothing is added where the index speaks of other bytes, of the same in another form, or has an odd list', () => {
  for (const dist of [
    { integrity: 'sha512-BBBB' },
    { integrity: 'sha512-AAAA sha1-AAAA' },
    { integrity: 'sha1-AAAA' },
    { integrity: null },
    { signatures: 'x' },
    { signatures: { 0: theirs } },
  ])
    assert.equal(withOwnSignature(manifest(dist), signature), undefined, JSON.stringify(dist));
  assert.equal(withOwnSignature({ name: 'lib' }, signature), undefined);
});

const other = {
  ...manifest(),
  version: '2.0.0',
  dist: { tarball: 'https://registry.example.com/lib/-/lib-2.0.0.tgz' },
};
const body = Buffer.from(
  JSON.stringify({ name: 'lib', versions: { '1.0.0': manifest({ signatures: [theirs] }), '2.0.0': other } }),
);
const parts = openParts(
  encodeParts(
    readPackument(body, { name: 'lib', upstream: 'npm' as UpstreamId, digest: sha256(body) }).parts,
  ),
);

type Rendered = { readonly versions: Readonly<Record<string, JsonObject>> };

function rendered(plan: Partial<RenderPlan>, form: 'full' | 'abbreviated'): Rendered {
  const bytes = renderPackument(parts, { ...emptyPlan, ...plan }, form, 'https://gate.example.com/');
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as Rendered;
}

test('in every form of the index only the entry is new, and only in the version that was signed', () => {
  for (const form of ['full', 'abbreviated'] as const) {
    const plain = rendered({}, form).versions;
    const signed = rendered({ signed: [signature] }, form).versions;
    const expected = plain['1.0.0'] as { readonly dist: JsonObject };
    assert.deepEqual(signed['1.0.0'], {
      ...expected,
      dist: { ...expected.dist, signatures: [theirs, entry] },
    });
    assert.deepEqual(signed['2.0.0'], plain['2.0.0']);
    assert.deepEqual(Object.keys(signed), Object.keys(plain));
  }
  const one = renderVersion(
    parts,
    { ...emptyPlan, signed: [signature] },
    '1.0.0',
    'https://gate.example.com/',
  );
  assert.deepEqual(signaturesOf(JSON.parse(Buffer.from(one ?? []).toString('utf8')) as JsonObject), [
    theirs,
    entry,
  ]);
});

test('a version that is kept as it was admitted carries our entry too; a hidden one does not appear', () => {
  const kept = { version: '1.0.0', manifest: manifest(), time: undefined };
  for (const gone of [true, false]) {
    const shown = rendered({ kept: [kept], signed: [signature], gone }, 'full').versions['1.0.0'];
    assert.deepEqual(signaturesOf(shown), [entry]);
  }
  const hidden = rendered({ hidden: ['1.0.0'], signed: [signature] }, 'full').versions;
  assert.deepEqual(Object.keys(hidden), ['2.0.0']);
});

test('an entry of ours that upstream shows stays nowhere but where we sign', () => {
  const ours = ['SHA256:retired', signature.keyid];
  const planted = ours.map((keyid) => ({ keyid, sig: 'cGxhbnRlZA==' }));
  const tarball = 'https://registry.example.com/lib/-/lib-2.0.0.tgz';
  const bad = { ...manifest({ tarball, signatures: [...planted, theirs] }), version: '2.0.0' };
  const lying = Buffer.from(
    JSON.stringify({
      name: 'lib',
      versions: { '1.0.0': manifest({ signatures: [theirs, ...planted] }), '2.0.0': bad },
    }),
  );
  const read = readPackument(lying, { name: 'lib', upstream: 'npm' as UpstreamId, digest: sha256(lying) });
  const opened = openParts(encodeParts(read.parts));
  const plan: RenderPlan = { ...emptyPlan, signed: [signature], ownKeyids: ours };
  for (const form of ['full', 'abbreviated'] as const) {
    const bytes = renderPackument(opened, plan, form, 'https://gate.example.com/');
    const { versions } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Rendered;
    assert.deepEqual(signaturesOf(versions['1.0.0']), [theirs, entry]);
    assert.deepEqual(signaturesOf(versions['2.0.0']), [theirs]);
  }
  const kept = [{ version: '2.0.0', manifest: bad, time: undefined }];
  const alone = renderVersion(opened, { ...plan, kept, gone: true }, '2.0.0', 'https://gate.example.com/');
  assert.deepEqual(signaturesOf(JSON.parse(Buffer.from(alone ?? []).toString('utf8')) as JsonObject), [
    theirs,
  ]);
});
