import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAuthority, issueLeaf, usages } from '../../test/support/sigstore/certificates.ts';
import * as der from '../../test/support/sigstore/der.ts';
import { createSigningKey } from '../../test/support/sigstore/keys.ts';
import { expectCodeSigner, readCertificate } from './certificate.ts';
import { identityOf } from './identity.ts';
import { BundleRefused } from './refused.ts';

const validity = { from: new Date('2026-01-01T00:00:00Z'), until: new Date('2027-01-01T00:00:00Z') };
const { intermediate } = createAuthority('identity', validity);
const uri = (text: string): Buffer => der.context(6, Buffer.from(text), true);
const email = (text: string): Buffer => der.context(1, Buffer.from(text), true);

type Extensions = readonly (readonly [string, Buffer])[];

function identity(alternativeName: Buffer | undefined, extensions: Extensions = []): unknown {
  const leaf = issueLeaf(intermediate, {
    key: createSigningKey(),
    validity,
    usage: usages.codeSigning,
    ...(alternativeName !== undefined && { alternativeName }),
    extensions,
    logs: [],
  });
  try {
    return identityOf(readCertificate(leaf.der, 'certificate-chain', 'the certificate'));
  } catch (error) {
    assert.ok(error instanceof BundleRefused);
    return error.failure;
  }
}

const fulcio = (n: number): string => `1.3.6.1.4.1.57264.1.${n}`;

test('a signer is a URI, an e-mail address, or another name in text', () => {
  assert.deepEqual(Reflect.get(Object(identity(uri('https://example.com/a'))), 'subject'), {
    kind: 'uri',
    value: 'https://example.com/a',
  });
  assert.deepEqual(Reflect.get(Object(identity(email('a@example.com'))), 'subject'), {
    kind: 'email',
    value: 'a@example.com',
  });
  const other = der.context(
    0,
    Buffer.concat([der.objectId(fulcio(7)), der.context(0, der.utf8('somebody'))]),
  );
  assert.deepEqual(Reflect.get(Object(identity(other)), 'subject'), { kind: 'other', value: 'somebody' });
});

test('no name, two names, and names with hidden characters are refused', () => {
  assert.equal(identity(undefined), 'certificate-usage');
  assert.equal(
    identity(Buffer.concat([uri('https://a.example'), uri('https://b.example')])),
    'certificate-usage',
  );
  assert.equal(
    identity(Buffer.concat([email('a@example.com'), uri('https://b.example')])),
    'certificate-usage',
  );
  assert.equal(identity(email('a@example.com\0.evil.example')), 'certificate-usage');
  assert.equal(identity(email('a\n@example.com')), 'certificate-usage');
  assert.equal(identity(der.context(6, Buffer.from([0xff, 0xfe]), true)), 'certificate-usage');
  assert.equal(identity(der.context(2, Buffer.from('example.com'), true)), 'certificate-usage');
});

test('the current fields win over the deprecated ones, and must be UTF8Strings and nothing more', () => {
  const subject = uri('https://forge.example/owner/repo/.ci/release.yml@refs/heads/main');
  const both = identity(subject, [
    [fulcio(1), Buffer.from('https://old.example')],
    [fulcio(8), der.utf8('https://new.example')],
  ]);
  assert.equal(Reflect.get(Object(both), 'issuer'), 'https://new.example');
  const raw = [[fulcio(8), Buffer.from('https://new.example')]] as const;
  assert.notEqual(Reflect.get(Object(identity(subject, raw)), 'issuer'), 'https://new.example');
  const trailing = [[fulcio(15), Buffer.concat([der.utf8('1'), der.utf8('2')])]] as const;
  assert.notEqual(typeof identity(subject, trailing), 'object');
});

test('a repository without a host gets that of the workflow, and only when the workflow lies in it', () => {
  const subject = uri('https://forge.example/owner/repo/.ci/release.yml@refs/heads/main');
  const repository = (path: string): unknown =>
    Reflect.get(Object(identity(subject, [[fulcio(5), Buffer.from(path)]])), 'sourceRepositoryUri');
  assert.equal(repository('owner/repo'), 'https://forge.example/owner/repo');
  for (const wrong of [
    'owner/rep',
    'wner/repo',
    'other/repo',
    'owner',
    '',
    '../owner/repo',
    'evil.example/owner/repo',
  ])
    assert.equal(repository(wrong), undefined, wrong);
});

test('an extension that is there twice, or is critical and unknown, is refused', () => {
  const subject = uri('https://forge.example/owner/repo');
  const twice = [
    [fulcio(15), der.utf8('1')],
    [fulcio(15), der.utf8('2')],
  ] as const;
  assert.equal(identity(subject, twice), 'certificate-chain');
});

test('only a certificate for signing code, and nothing else, signs a bundle', () => {
  const outcome = (usage: string | undefined): string => {
    const leaf = issueLeaf(intermediate, { key: createSigningKey(), validity, usage, logs: [] });
    try {
      expectCodeSigner(readCertificate(leaf.der, 'certificate-chain', 'the certificate'));
      return 'accepted';
    } catch (error) {
      assert.ok(error instanceof BundleRefused);
      return error.failure;
    }
  };
  assert.equal(outcome(usages.codeSigning), 'accepted');
  for (const usage of [usages.timeStamping, usages.serverAuthentication, '2.5.29.37.0', undefined])
    assert.equal(outcome(usage), 'certificate-usage');
});
