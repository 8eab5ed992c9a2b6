/** Keys and timestamp authorities that look right but for one thing. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { JsonObject } from '../core/json.ts';
import {
  createFakeSigstore,
  trustedRootOf,
  type AttestInput,
} from '../../test/support/sigstore/fake-sigstore.ts';
import type { SigningKey } from '../../test/support/sigstore/keys.ts';
import { releasedOf } from '../../test/support/sigstore/statements.ts';
import { createTimestampAuthority } from '../../test/support/sigstore/timestamps.ts';
import { identityOf, provenanceV1, workflowRun } from '../../test/support/sigstore/workflow-run.ts';
import { verifyBundle } from './verify.ts';

const ours = createFakeSigstore();
const run = workflowRun();
const at = new Date('2026-05-06T07:08:09.000Z');
const statement = provenanceV1(releasedOf('sample', '1.2.3', Buffer.from('bytes')), run);
const validity = { from: new Date('2020-01-01T00:00:00Z'), until: new Date('2040-01-01T00:00:00Z') };

function outcome(change: Partial<AttestInput>, trustedRoot: JsonObject = ours.trust.trustedRoot): string {
  const input = {
    statement,
    identity: identityOf(run),
    at,
    version: '0.3',
    entry: 'dsse',
    ...change,
  } as const;
  const verdict = verifyBundle({
    bundle: ours.attest(input),
    thing: undefined,
    roots: [{ ...ours.trust, trustedRoot }],
    keys: [],
    now: '2026-11-20T12:00:00.000Z',
  });
  return verdict.ok ? 'accepted' : `${verdict.failure}: ${verdict.why}`;
}

function rsaKey(modulusLength: number): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
  // The curve says only that it signs with SHA-256.
  return { privateKey, spki: publicKey.export({ type: 'spki', format: 'der' }), curve: 'P-256' };
}

test('a certificate with a weak key signs nothing, whoever issued it', () => {
  assert.equal(outcome({ leaf: { key: rsaKey(2048) } }), 'accepted');
  assert.match(outcome({ leaf: { key: rsaKey(1024) } }), /^algorithm-refused: .*rsa-1024/);
});

test('a timestamp must name the very certificate of its signer by hash, not its issuer and number alone', () => {
  const timestamped = (named?: Uint8Array): string => {
    const timestamps = createTimestampAuthority(validity, undefined, named);
    const root = trustedRootOf({ ...ours.parts, timestamps });
    return outcome({ timestamp: true, using: { timestamps } }, root);
  };
  assert.equal(timestamped(), 'accepted');
  assert.match(
    timestamped(Buffer.from('another certificate')),
    /^timestamp: .*authority that we do not trust/,
  );
});
