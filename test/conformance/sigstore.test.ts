/**
 * The public Sigstore suite's bundles, by file and by digest: what must fail fails for the reason its README gives; and the real
 * attestations of two npm packages.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyBundle } from '../../src/sigstore/verify.ts';
import type { BundleFailure } from '../../src/sigstore/types.ts';
import {
  npmBundles,
  npmKeys,
  publicGoodRoot,
  requestFor,
  sigstoreCase,
  sigstoreCases,
  skipSigstoreVectors as skip,
  trustOf,
  vectorsNow,
  type SigstoreCase,
} from '../support/sigstore-vectors.ts';
import { libraryJudge } from '../support/sigstore/library-judge.ts';

/** `json`: the file is no JSON, so that there is no bundle to judge. */
const reasons: Readonly<Record<string, BundleFailure | 'json'>> = {
  'bundle-empty-certificate-chain_fail': 'bundle-malformed',
  'bundle-from-wrong-instance_fail': 'log-unknown',
  'bundle-invalid-base64-signature_fail': 'bundle-malformed',
  'bundle-malformed-json_fail': 'json',
  'bundle-negative-log-index_fail': 'bundle-malformed',
  'bundle-unknown-version_fail': 'bundle-malformed',
  'bundle-with-root-cert_fail': 'certificate-chain',
  'checkpoint-bad-keyhint_fail': 'log-checkpoint',
  'checkpoint-wrong-roothash_fail': 'log-checkpoint',
  'dsse-invalid-sig_fail': 'signature',
  'dsse-mismatch-envelope_fail': 'log-body',
  'dsse-mismatch-sig_fail': 'log-body',
  'inclusion-proof-corrupted-hash_fail': 'log-inclusion',
  'incorrect-public-key_fail': 'log-body',
  'integrated-time-in-future_fail': 'certificate-time',
  'intoto-expired-certificate_fail': 'certificate-time',
  'intoto-log-entry-mismatch_fail': 'log-body',
  'intoto-missing-inclusion-proof_fail': 'log-inclusion',
  'intoto-set-outside-signing-cert-validity_fail': 'certificate-time',
  'intoto-tsa-timestamp-outside-cert-validity_fail': 'certificate-time',
  'invalid-checkpoint-signature_fail': 'log-checkpoint',
  'invalid-ct-key_fail': 'certificate-transparency',
  'invalid-inclusion-proof_fail': 'log-inclusion',
  'managed-key-no-key_fail': 'key-unknown',
  // The key file of that case cannot be read as a key at all.
  'managed-key-wrong-key_fail': 'key-unknown',
  'message-digest-mismatch_fail': 'subject-mismatch',
  'rekor2-checkpoint-missing-log-signature_fail': 'log-checkpoint',
  'rekor2-checkpoint-missing-origin_fail': 'log-checkpoint',
  'rekor2-checkpoint-missing-root-hash_fail': 'log-checkpoint',
  'rekor2-checkpoint-missing-size_fail': 'log-checkpoint',
  'rekor2-checkpoint-no-matching-signature_fail': 'log-checkpoint',
  'rekor2-dsse-invalid-sig_fail': 'signature',
  'rekor2-dsse-mismatch-envelope_fail': 'log-body',
  'rekor2-dsse-mismatch-sig_fail': 'log-body',
  'rekor2-no-inclusion-proof_fail': 'log-inclusion',
  'rekor2-no-timestamp_fail': 'timestamp',
  'rekor2-timestamp-outside-trust-root-tsa-validity_fail': 'timestamp',
  'rekor2-timestamp-outside-tsa-cert-validity_fail': 'timestamp',
  'rekor2-timestamp-payload-mismatch_fail': 'timestamp',
  'rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail': 'timestamp',
  'rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail': 'timestamp',
  'rekor2-timestamp-with-incorrect-time_fail': 'certificate-time',
  'set-invalid-signature_fail': 'log-promise',
  'signature-mismatch_fail': 'signature',
  'trust-root-tlog-missing-validity-start_fail': 'root-unusable',
  'wrong-hashedrekord-artifact_fail': 'log-body',
  'wrong-hashedrekord-cert-and-sig_fail': 'log-body',
  'wrong-hashedrekord-entry_fail': 'log-body',
  'wrong-material_fail': 'subject-mismatch',
};

test('every failing case of the suite has its reason in this table, and no other', { skip }, () => {
  const failing = sigstoreCases().flatMap(({ name }) => (name.endsWith('_fail') ? [name] : []));
  assert.deepEqual(failing, Object.keys(reasons).toSorted());
});

for (const of of sigstoreCases()) {
  const expected = reasons[of.name];
  for (const by of ['file', 'digest'] as const) {
    test(`${of.name}, by ${by}`, () => {
      if (expected === 'json') return assert.throws(() => requestFor(of, by), SyntaxError);
      const verdict = verifyBundle(requestFor(of, by));
      if (expected === undefined) assert.equal(verdict.ok, true, JSON.stringify(verdict));
      else assert.equal(verdict.ok ? 'accepted' : verdict.failure, expected, JSON.stringify(verdict));
    });
  }
}

test('what is accepted here, the library accepts too', { skip }, () => {
  const accepted = sigstoreCases().filter(({ name }) => !name.endsWith('_fail'));
  assert.ok(accepted.length > 15);
  for (const of of accepted) {
    const { bundle, keys, roots } = requestFor(of, 'file');
    const judge = libraryJudge(roots[0]?.trustedRoot ?? {}, keys);
    assert.deepEqual(judge(bundle, readFileSync(of.artifactFile)), { ok: true }, of.name);
  }
});

test(
  'the wrong identity, issuer and digest are refused, also when they are part of the right ones',
  { skip },
  () => {
    const request = requestFor(sigstoreCase('happy-path-v0.3'), 'file');
    const { subject = '', issuer = '' } = request.expected ?? {};
    const failure = (change: Partial<typeof request>): string => {
      const verdict = verifyBundle({ ...request, ...change });
      return verdict.ok ? 'accepted' : verdict.failure;
    };
    assert.equal(failure({ expected: { subject, issuer } }), 'accepted');
    for (const wrong of [
      subject.slice(0, -1),
      subject.slice(1),
      `${subject}/`,
      '.*',
      subject.toUpperCase(),
      '',
    ])
      assert.equal(failure({ expected: { subject: wrong, issuer } }), 'identity-mismatch');
    for (const wrong of [`${issuer}/`, issuer.slice(0, -1), ''])
      assert.equal(failure({ expected: { subject, issuer: wrong } }), 'identity-mismatch');
    assert.equal(failure({ thing: { kind: 'bytes', bytes: Buffer.from('else') } }), 'subject-mismatch');
    assert.equal(
      failure({ thing: { kind: 'digest', algorithm: 'sha512', hex: '0'.repeat(128) } }),
      'subject-mismatch',
    );
    assert.equal(failure({ roots: [] }), 'root-unusable');
  },
);

const program = join(import.meta.dirname, '../../bin/assay-sigstore-client');

interface Ran {
  readonly status: number;
  readonly told: string;
}

function client(args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, [...args], (error, _, told) => {
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, told });
    });
  });
}

/** As the suite's runner builds them (test/client.py: build_verify_args). */
function argumentsFor(of: SigstoreCase, by: 'file' | 'digest'): readonly string[] {
  const hex = createHash('sha256').update(readFileSync(of.artifactFile)).digest('hex');
  return [
    'verify-bundle',
    '--bundle',
    of.bundleFile,
    ...(of.keyFile === undefined
      ? ['--certificate-identity', of.identity, '--certificate-oidc-issuer', of.issuer]
      : ['--key', of.keyFile]),
    ...(of.rootFile === undefined ? [] : ['--trusted-root', of.rootFile]),
    by === 'file' ? of.artifactFile : `sha256:${hex}`,
  ];
}

/** A handful, each in one of the two ways; all cases are judged in this process above. */
const spawned = [
  ['happy-path-v0.1', 'file'],
  ['happy-path-intoto-in-dsse-v3', 'digest'],
  ['managed-key-and-trusted-root', 'digest'],
  ['rekor2-dsse-happy-path', 'file'],
  ['bundle-malformed-json_fail', 'file'],
  ['integrated-time-in-future_fail', 'digest'],
  ['managed-key-no-key_fail', 'file'],
  ['managed-key-wrong-key_fail', 'digest'],
  ['wrong-material_fail', 'file'],
] as const;

test('bin/assay-sigstore-client speaks the protocol of the suite', { skip }, async () => {
  for (const [name, by] of spawned) {
    const { status, told } = await client(argumentsFor(sigstoreCase(name), by));
    const reason = reasons[name];
    assert.equal(status, reason === undefined ? 0 : 1, `${name}: ${told}`);
    if (reason === 'json') assert.match(told, /^bundle-malformed: /);
    else if (name === 'managed-key-wrong-key_fail') assert.match(told, /holds no public key/);
    else assert.ok(told.startsWith(reason === undefined ? '' : `${reason}: `), `${name}: ${told}`);
  }
});

test('bin/assay-sigstore-client says that no staging root comes with Assay', { skip }, async () => {
  const [command = '', ...rest] = argumentsFor(sigstoreCase('happy-path-v0.3'), 'file');
  const { status, told } = await client([command, '--staging', ...rest]);
  assert.equal(status, 1);
  assert.match(told, /staging/);
  const custom = argumentsFor(sigstoreCase('rekor2-happy-path'), 'file');
  assert.equal((await client([command, '--staging', ...custom.slice(1)])).status, 0);
});

for (const version of ['0.4.0', '2.3.1'] as const) {
  test(
    `the real attestations of sigstore@${version} verify, with npm's keys and without a network`,
    { skip },
    () => {
      const verdicts = npmBundles(version).map((bundle) =>
        verifyBundle({
          bundle,
          thing: undefined,
          roots: [trustOf(publicGoodRoot())],
          keys: npmKeys(),
          now: vectorsNow,
        }),
      );
      const signers = verdicts.map((verdict) => (verdict.ok ? verdict.signer.kind : verdict.failure));
      assert.deepEqual(signers.toSorted(), ['certificate', 'key']);
      for (const verdict of verdicts) {
        assert.ok(verdict.ok);
        assert.deepEqual(
          verdict.statement?.subjects.map(({ name }) => name),
          [`pkg:npm/sigstore@${version}`],
        );
        assert.equal(verdict.signedTimes[0]?.by, 'log');
        if (verdict.signer.kind !== 'certificate') continue;
        const { identity } = verdict.signer;
        assert.equal(identity.issuer, 'https://token.actions.githubusercontent.com');
        assert.equal(identity.sourceRepositoryUri, 'https://github.com/sigstore/sigstore-js');
        assert.equal(identity.sourceRepositoryId, version === '2.3.1' ? '495574555' : undefined);
      }
    },
  );
}

test(
  'a bundle of one package does not speak for another, nor does its envelope fit the log entry of another',
  { skip },
  () => {
    const ask = (bundle: (typeof bundles)[number]): string => {
      const roots = [trustOf(publicGoodRoot())];
      const verdict = verifyBundle({
        bundle,
        thing: undefined,
        roots,
        keys: npmKeys(),
        now: vectorsNow,
      });
      return verdict.ok ? 'accepted' : verdict.failure;
    };
    const bundles = [...npmBundles('0.4.0'), ...npmBundles('2.3.1')];
    for (const one of bundles)
      for (const two of bundles) {
        if (one === two) continue;
        const swapped = { ...one, dsseEnvelope: two['dsseEnvelope'] ?? null };
        assert.ok(['signature', 'log-body'].includes(ask(swapped)), ask(swapped));
      }
  },
);
