/** Changing the log's key while the gate may die at any moment: each step is one entry, with the statement both keys signed. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { temporaryDirectory } from '../../../test/support/storage-records.ts';
import { sha256 } from '../../core/digest.ts';
import { localOperator } from '../../core/subject.ts';
import { openEnvelope, type Envelope } from '../../ledger/verify/dsse.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import type { RotationStep } from '../../ledger/signing/requests.ts';
import { openStorage, type Storage } from '../../storage/open.ts';
import { begun, grow, keysOf, origin, type SignerBench } from '../signer/testing/bench.ts';
import { recordMissedStep, rotateKey, type Rotated, type RotationDeps } from './rotate.ts';
import { envelopeText, signStatements } from './statements.ts';

interface Running {
  readonly storage: Storage;
  readonly bench: SignerBench;
  readonly deps: RotationDeps;
  /** As when another decision is logged. */
  readonly grow: () => void;
  readonly rotate: (step: RotationStep) => Promise<Rotated>;
  /** What a start of the gate does. */
  readonly start: () => Promise<void>;
  readonly steps: () => Promise<readonly unknown[]>;
}

async function running(t: TestContext): Promise<Running> {
  const storage = await openStorage({ directory: await temporaryDirectory(t) });
  t.after(() => storage.close());
  await storage.ledger.heads.inaugurate(origin);
  const { bench, log } = begun(t);
  const deps: RotationDeps = {
    storage,
    randomBytes,
    signer: {
      vkeys: async (of) => bench.ask({ kind: 'vkeys', origin: of }),
      rotateKey: async (of, step, principal) =>
        bench.ask({ kind: 'rotate-key', origin: of, step, principal }),
    },
  };
  return {
    storage,
    bench,
    deps,
    grow: () => void grow(bench, log, 1),
    rotate: async (step) => {
      const size = (await storage.ledger.heads.head())?.size ?? 0;
      return rotateKey(deps, { origin, step, size, principal: localOperator });
    },
    start: () => recordMissedStep(deps, origin),
    steps: async () =>
      (await storage.events.ofLog()).map(
        ({ statement }) => (statement['predicate'] as Readonly<Record<string, unknown>>)['step'],
      ),
  };
}

/** All that waits gets its place in the log. */
async function sequenced({ storage }: Running): Promise<void> {
  const { heads } = storage.ledger;
  const head = await heads.head();
  assert.ok(head !== undefined);
  const entries = (await heads.pending(100)).map(({ eventId }, n) => ({
    eventId,
    index: head.size + n,
    leafHash: sha256(eventId),
  }));
  const { epoch, ...rest } = head;
  assert.ok(await heads.commit(epoch, { ...rest, size: head.size + entries.length }, entries));
}

test('each step is one entry that names the one before, and its envelope is signed by both keys', async (t) => {
  const run = await running(t);
  const [old] = keysOf(run.bench);
  const begin = await run.rotate('begin');
  const both = keysOf(run.bench);
  assert.deepEqual(begin.before, begin.after.slice(1));
  await sequenced(run);
  run.grow();
  const retire = await run.rotate('retire');
  assert.deepEqual([retire.before, retire.after], [begin.after, begin.after.slice(0, 1)]);
  await sequenced(run);
  const [first, second] = await run.storage.events.ofLog();
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual([first.eventId, second.eventId], [begin.recordedAs, retire.recordedAs]);
  assert.deepEqual([first.previousEventId, second.previousEventId], [undefined, first.eventId]);
  assert.ok(old !== undefined && both.some(({ id }) => id === old.id));
  for (const { envelope, statement } of [first, second]) {
    const signed = JSON.parse((await envelopeText(run.storage.blobs, envelope)) ?? '{}') as Envelope;
    const opened = openEnvelope(signed, both, verifyEd25519);
    assert.deepEqual(opened?.signers, both);
    assert.deepEqual(JSON.parse(Buffer.from(opened?.payload ?? []).toString('utf8')), statement);
  }
});

test('the statement of a step is not signed anew when the log takes its entry in', async (t) => {
  const run = await running(t);
  await run.rotate('begin');
  await sequenced(run);
  const [before] = await run.storage.events.ofLog();
  const attest = (): Promise<never> => Promise.reject(new Error('it was to be signed again'));
  assert.equal(await signStatements({ storage: run.storage, attest }, origin), 1);
  assert.equal(await signStatements({ storage: run.storage, attest }, origin), 0);
  const [after] = await run.storage.events.ofLog();
  assert.deepEqual(after?.envelope, before?.envelope);
  assert.ok(after?.envelope !== undefined);
});

test('a step that the signer took and no entry records is made up for, once', async (t) => {
  const run = await running(t);
  await run.start();
  assert.deepEqual(await run.steps(), []);
  for (const round of [1, 2]) {
    run.bench.rotate('begin');
    run.bench.reopen();
    for (const _ of [1, 2]) await run.start();
    assert.equal((await run.steps()).length, 2 * round - 1);
    await sequenced(run);
    run.grow();
    run.bench.rotate('retire');
    run.bench.reopen();
    for (const _ of [1, 2]) await run.start();
    await sequenced(run);
    run.grow();
  }
  assert.deepEqual(await run.steps(), ['begin', 'retire', 'begin', 'retire']);
});

test('a retirement makes up for the entry of the beginning first, and waits until the log has it', async (t) => {
  const run = await running(t);
  run.bench.rotate('begin');
  run.grow();
  await assert.rejects(run.rotate('retire'), { code: 'LEDGER_ROTATION_REFUSED' });
  assert.deepEqual(await run.steps(), ['begin']);
  assert.equal(keysOf(run.bench).length, 2);
  await sequenced(run);
  assert.equal((await run.rotate('retire')).after.length, 1);
  assert.deepEqual(await run.steps(), ['begin', 'retire']);
});

test('a step asked for again is the same entry; the only key is never retired', async (t) => {
  const run = await running(t);
  await assert.rejects(run.rotate('retire'), { code: 'LEDGER_ROTATION_REFUSED' });
  assert.deepEqual(await run.steps(), []);
  const begin = await run.rotate('begin');
  run.bench.setTime('2026-11-20T11:00:00.000Z');
  assert.deepEqual(await run.rotate('begin'), { ...begin, before: begin.after });
  await sequenced(run);
  run.grow();
  const retire = await run.rotate('retire');
  assert.deepEqual(await run.rotate('retire'), { ...retire, before: retire.after });
  assert.deepEqual(await run.steps(), ['begin', 'retire']);
});
