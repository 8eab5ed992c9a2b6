/** A signer in this process, in a folder of its own, with a clock and calls of the system that a test can bend. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { smallLog, type SmallLog } from '../../../../test/support/small-log.ts';
import { isAssayError } from '../../../core/errors.ts';
import { localOperator } from '../../../core/subject.ts';
import type { JsonObject } from '../../../core/json.ts';
import { sha256Bytes } from '../../../ledger/leaf.ts';
import { emptyRoot } from '../../../ledger/signing/may-sign.ts';
import { parseVkey, type VerifierKey } from '../../../ledger/verify/vkey.ts';
import type { CheckpointRequest } from '../../../ledger/log/deps.ts';
import type { Envelope } from '../../../ledger/verify/dsse.ts';
import type { KeyRotation, SignerAnswers, SignerRequest } from '../../../ledger/signing/requests.ts';
import { nodeSignerFiles, type SignerFiles } from '../files.ts';
import { createSigner, type Signer } from '../serve.ts';

export interface SignerBench {
  readonly directory: string;
  /** Ends the signer as a crash would and opens a new one; `files` bends the new one's calls. */
  readonly reopen: (files?: SignerFiles) => void;
  readonly setTime: (text: string) => void;
  readonly ask: <K extends SignerRequest['kind']>(
    request: Extract<SignerRequest, { readonly kind: K }>,
  ) => SignerAnswers[K];
  readonly sign: (request: CheckpointRequest) => string;
  readonly attest: (statement: JsonObject) => Envelope;
  readonly rotate: (step: 'begin' | 'retire') => KeyRotation;
}

export const origin = 'assay.example.com/log';

export function signerBench(t: TestContext): SignerBench {
  const directory = mkdtempSync(join(tmpdir(), 'assay-signer-'));
  let now = new Date('2026-11-20T10:00:00.000Z');
  let signer: Signer;
  const open = (files: SignerFiles = nodeSignerFiles): void => {
    signer = createSigner({
      directory,
      files,
      clock: () => now,
      newSeed: () => randomBytes(32),
      newName: () => randomBytes(6).toString('hex'),
    });
  };
  open();
  t.after(() => {
    signer.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const ask: SignerBench['ask'] = (request) => signer.answer(request) as never;
  return {
    directory,
    reopen: (files) => {
      signer.close();
      open(files);
    },
    setTime: (text) => {
      now = new Date(text);
    },
    ask,
    sign: (request) => ask({ kind: 'checkpoint', ...request }),
    attest: (statement) => ask({ kind: 'attestation', origin, statement }),
    rotate: (step) => ask({ kind: 'rotate-key', origin, step, principal: localOperator }),
  };
}

export const inception: CheckpointRequest = { origin, oldSize: 0, size: 0, root: emptyRoot, proof: [] };

/** A log that has begun, has entries, and whose newest checkpoint is signed. */
export function begun(t: TestContext, entries = 5): { readonly bench: SignerBench; readonly log: SmallLog } {
  const bench = signerBench(t);
  const log = smallLog();
  bench.sign(inception);
  grow(bench, log, entries);
  return { bench, log };
}

export function grow(bench: SignerBench, log: SmallLog, entries: number): string {
  const { size } = bench.ask({ kind: 'last', origin });
  log.grow(entries);
  return bench.sign(next(log, size));
}

export function next(log: SmallLog, oldSize: number): CheckpointRequest {
  return { origin, oldSize, size: log.size(), root: log.root(), proof: log.proof(oldSize) };
}

export function keysOf(bench: SignerBench): readonly VerifierKey[] {
  return bench.ask({ kind: 'vkeys', origin }).flatMap((vkey) => parseVkey(vkey, sha256Bytes) ?? []);
}

export function refusedBy(work: () => unknown, why: RegExp, code = 'LEDGER_SIGNER_REFUSED'): void {
  assert.throws(work, (error) => {
    assert.ok(isAssayError(error), String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, why);
    return true;
  });
}

export const statement: JsonObject = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'left-pad-1.3.0.tgz', digest: { sha256: 'ab'.repeat(32) } }],
  predicateType: 'urn:assay:predicate:decision:v1',
  predicate: { outcome: 'allow' },
};
