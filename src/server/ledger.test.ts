/** The ledger in a gate whose signer, clock or disk is not well: entries wait, people are told, nothing is lost. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { recordOf, temporaryDirectory } from '../../test/support/storage-records.ts';
import { testKey } from '../../test/support/signed-log.ts';
import type { NewAlarm } from '../admission/deps.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { AssayError } from '../core/errors.ts';
import { sha256 } from '../core/digest.ts';
import { createEventMaker } from '../ledger/event-maker.ts';
import type { CheckpointSigner } from '../ledger/log/deps.ts';
import { toBase64, utf8 } from '../ledger/verify/bytes.ts';
import { formatCheckpoint } from '../ledger/verify/checkpoint.ts';
import { preAuthEncoding, statementPayloadType, type Envelope } from '../ledger/verify/dsse.ts';
import { leafFields } from '../ledger/verify/leaf.ts';
import { logOnlyPolicy } from '../ledger/verify/policy.ts';
import { formatVkey } from '../ledger/verify/vkey.ts';
import { formatNote } from '../ledger/verify/note.ts';
import { canonicalBytes } from '../core/canonical-json.ts';
import type { JsonObject } from '../core/json.ts';
import { openStorage, type Storage } from '../storage/open.ts';
import type { BuilderKeyDeps } from './ledger/builder-key.ts';
import { outcomeOf, verifyBundle } from './auditing/bundle.ts';
import { startLedger, type Ledger, type LedgerParts } from './ledger.ts';

const origin = 'log.example.com/test';
const key = testKey(origin, 'ed25519');
const settings = {
  origin,
  checkpointSeconds: 0.01,
  witnessesFile: undefined,
  witnessMode: 'fail-open',
} as const;

type BuilderKeySigner = BuilderKeyDeps['signer'];

interface TestSigner extends CheckpointSigner, BuilderKeySigner {
  /** Set: everything it is asked fails so. */
  trouble: ErrorCode | undefined;
  readonly attest: (origin: string, statement: JsonObject) => Promise<Envelope>;
  /** It has one key. */
  readonly rotateKey: () => Promise<never>;
}

function testSigner(): TestSigner {
  let last = { size: 0, root: sha256('') as string };
  const signer: TestSigner = {
    trouble: undefined,
    last: async () => {
      fail();
      return last;
    },
    sign: async ({ size, root }) => {
      fail();
      last = { size, root };
      const text = formatCheckpoint({ origin, size, root: Buffer.from(root, 'hex') });
      const { name, id } = key.verifier;
      return formatNote({ text, signatures: [{ name, id, signature: key.sign(utf8(text)) }] });
    },
    vkeys: async () => {
      fail();
      return [formatVkey(key.verifier)];
    },
    rotateKey: () => Promise.reject(new AssayError('LEDGER_SIGNER_REFUSED', 'the test signer has one key')),
    builderKeys: () => Promise.resolve({}),
    beginBuilderKey: () => Promise.reject(new Error('nothing is built in these tests')),
    applyBuilderKey: () => Promise.reject(new Error('nothing is built in these tests')),
    attest: async (_origin, statement) => {
      fail();
      const payload = canonicalBytes(statement);
      const sig = toBase64(key.sign(preAuthEncoding(statementPayloadType, payload)));
      return {
        payloadType: statementPayloadType,
        payload: toBase64(payload),
        signatures: [{ keyid: key.verifier.id, sig }],
      };
    },
  };
  function fail(): void {
    if (signer.trouble !== undefined) throw new AssayError(signer.trouble, 'the test says so');
  }
  return signer;
}

interface Running {
  readonly ledger: Ledger;
  readonly storage: Storage;
  readonly signer: TestSigner;
  readonly alarms: readonly NewAlarm[];
  readonly decide: (count: number) => Promise<void>;
}

let made = 0;

async function running(
  t: TestContext,
  change: Partial<LedgerParts> & { readonly trouble?: ErrorCode } = {},
): Promise<Running> {
  const storage = await openStorage({ directory: await temporaryDirectory(t) });
  const signer = testSigner();
  signer.trouble = change.trouble;
  const alarms: NewAlarm[] = [];
  const ledger = startLedger({
    storage,
    settings,
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
    signer,
    raiseAlarm: async (alarm) => void alarms.push(alarm),
    ...change,
  });
  t.after(async () => {
    await ledger.close();
    await storage.close();
  });
  const makeEvent = createEventMaker((count) => new Uint8Array(count).fill((made += 1) % 256), {
    origin: 'assay.example.com/log',
    version: '1.0.0',
  });
  return {
    ledger,
    storage,
    signer,
    alarms,
    decide: async (count) => {
      for (let n = 0; n < count; n += 1) {
        const record = recordOf({ name: `package-${(made += 1)}` });
        const { decision, evidence } = record;
        const event = makeEvent({
          decision,
          evidence,
          artifact: record.release.artifact,
          previousEventId: undefined,
        });
        await storage.admission.recordDecision({ ...record, event });
      }
    },
  };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'it never came true');
    await wait(5);
  }
}

async function logged({ ledger }: Running, size: number): Promise<void> {
  await until(async () => {
    const status = await ledger.status();
    return status.size === size && status.waiting === 0;
  });
}

test('what is decided is in the log soon, its statement signed, and it opens for an auditor', async (t) => {
  const run = await running(t);
  await run.decide(3);
  await logged(run, 3);
  assert.deepEqual(run.ledger.problems(), []);
  await until(async () => (await run.storage.events.unsigned(1)).length === 0);
  const { disclosure, waiting } = await run.ledger.disclose({ index: 1 }, leafFields);
  assert.equal(waiting, 0);
  const verdict = verifyBundle(disclosure, logOnlyPolicy([key.verifier]));
  assert.deepEqual([verdict.entries[0]?.envelope, verdict.entries[0]?.summary], ['signed', 'signed']);
  assert.equal(outcomeOf(disclosure, verdict), 'proven');
  await assert.rejects(run.ledger.disclose({ index: 3 }, leafFields), { code: 'LEDGER_INDEX_UNKNOWN' });
});

test('a signer that is away makes entries wait, is told in the status, and they follow when it is back', async (t) => {
  const run = await running(t, { trouble: 'LEDGER_SIGNER_UNAVAILABLE' });
  await run.decide(2);
  await until(async () => (await run.ledger.status()).state === 'waits');
  assert.match(run.ledger.problems().join(), /The ledger waits: the test says so/);
  assert.equal((await run.ledger.status()).waiting, 2);
  run.signer.trouble = undefined;
  await logged(run, 2);
  assert.deepEqual(run.ledger.problems(), []);
  run.signer.trouble = 'LEDGER_SIGNER_UNAVAILABLE';
  await run.decide(1);
  await until(async () => (await run.ledger.status()).state === 'waits');
  run.signer.trouble = undefined;
  await logged(run, 3);
  assert.deepEqual(run.alarms, []);
});

test("a signer that a killed gate's signer still locks out is asked again", async (t) => {
  const run = await running(t, { trouble: 'LEDGER_SIGNER_LOCKED' });
  await until(async () => run.ledger.problems().length > 0);
  run.signer.trouble = undefined;
  await run.decide(1);
  await logged(run, 1);
  assert.deepEqual([run.ledger.problems(), run.alarms], [[], []]);
});

for (const [code, kind] of [
  ['LEDGER_SIGNER_AHEAD', 'ledger-forked'],
  ['LEDGER_SIGNER_REFUSED', 'ledger-forked'],
  ['LEDGER_SIGNER_UNUSABLE', 'ledger-stopped'],
] as const)
  test(`${code} stops the log with one alarm; decisions are recorded all the same`, async (t) => {
    const run = await running(t);
    await run.decide(1);
    await logged(run, 1);
    run.signer.trouble = code;
    await run.decide(1);
    await until(async () => (await run.ledger.status()).state === 'stopped');
    run.signer.trouble = undefined;
    await run.decide(2);
    const status = await run.ledger.status();
    assert.deepEqual([status.size, status.waiting, status.problem?.code], [1, 3, code]);
    assert.match(run.ledger.problems().join(), /The ledger stopped/);
    assert.deepEqual(
      run.alarms.map((alarm) => [alarm.kind, alarm.severity, alarm.about]),
      [[kind, 'critical', origin]],
    );
    // What was published is proven and shown as before.
    assert.equal((await run.ledger.disclose({ index: 0 }, leafFields)).disclosure.entries.length, 1);
  });

test('a log keeps the name it began with, and says so when another one is configured later', async (t) => {
  const directory = await temporaryDirectory(t);
  const signer = testSigner();
  for (const [configured, problems] of [
    [origin, 0],
    ['other.example.com/log', 1],
  ] as const) {
    const storage = await openStorage({ directory });
    const ledger = startLedger({
      storage,
      settings: { ...settings, origin: configured },
      clock: () => new Date(),
      log: pino({ level: 'silent' }),
      signer,
      raiseAlarm: async () => undefined,
    });
    await until(async () => (await ledger.status()).state === 'running');
    assert.equal((await ledger.status()).origin, origin);
    assert.equal(ledger.problems().length, problems);
    await ledger.close();
    await storage.close();
  }
});

test('without a configured name the log makes one up that no host has', async (t) => {
  const storage = await openStorage({ directory: await temporaryDirectory(t) });
  const names = new Set<string>();
  const ledger = startLedger({
    storage,
    settings: { ...settings, origin: undefined },
    clock: () => new Date(),
    log: pino({ level: 'silent' }),
    signer: { ...testSigner(), last: async (name) => (names.add(name), { size: 0, root: sha256('') }) },
    raiseAlarm: async () => undefined,
  });
  await until(async () => names.size > 0);
  assert.match([...names][0] ?? '', /^assay\.invalid\/[0-9a-hjkmnp-tv-z]{26}$/);
  await ledger.close();
  await storage.close();
});

test('a gate that is closed while its log waits closes at once', async (t) => {
  const run = await running(t, { trouble: 'LEDGER_SIGNER_UNAVAILABLE' });
  await until(async () => run.ledger.problems().length > 0);
  const started = performance.now();
  await run.ledger.close();
  assert.ok(performance.now() - started < 2000);
});

test('erasing a statement takes its signed form away too, and leaves the rest provable', async (t) => {
  const run = await running(t);
  await run.decide(1);
  await logged(run, 1);
  await until(async () => (await run.storage.events.byIndex(0))?.envelope !== undefined);
  const event = await run.storage.events.byIndex(0);
  const signedSummary = event?.summary?.envelope;
  assert.ok(event?.envelope !== undefined && event.releaseId !== undefined && signedSummary !== undefined);
  await run.ledger.erase({ eventId: event.eventId, field: 'statement', reason: 'a test' });
  for (const blob of [event.envelope, signedSummary])
    assert.equal(await run.storage.blobs.size(blob), undefined);
  await logged(run, 2);
  const { disclosure } = await run.ledger.disclose({ releases: [event.releaseId] }, leafFields);
  const verdict = verifyBundle(disclosure, logOnlyPolicy([key.verifier]));
  assert.deepEqual(
    verdict.entries.map(({ leaf, fields }) => [leaf?.type, fields?.statement, fields?.prev]),
    [
      ['decision/v1', 'closed', 'opened'],
      ['erasure/v1', 'opened', 'opened'],
    ],
  );
  assert.equal(outcomeOf(disclosure, verdict), 'proven');
  await assert.rejects(run.ledger.erase({ eventId: event.eventId, field: 'statement', reason: 'again' }), {
    code: 'LEDGER_ERASE_NOTHING',
  });
});
