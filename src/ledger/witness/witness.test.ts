/** A witness answers as C2SP tlog-witness says, cosigns only what continues what it saw, and remembers first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noteBy, signedLog, testKey, type SignedLog } from '../../../test/support/signed-log.ts';
import { verifyEd25519 } from '../signing/ed25519.ts';
import { formatCheckpoint, openCheckpoint } from '../verify/checkpoint.ts';
import { openNote } from '../verify/note.ts';
import { formatAddCheckpoint, maxProofLines, parseAddCheckpoint } from './add-checkpoint.ts';
import { createWitness, originHash, type Contradiction, type Witness, type WitnessStore } from './witness.ts';

const origin = 'assay.example.com/log';
const witnessKey = testKey('witness.example.com/w1', 'cosignature');

interface Bench {
  readonly witness: Witness;
  readonly stored: Map<string, string>;
  readonly contradictions: Contradiction[];
  readonly setTime: (seconds: number) => void;
  readonly offer: (log: SignedLog, oldSize: number, size?: number) => ReturnType<Witness['addCheckpoint']>;
  readonly restarted: () => Promise<Bench>;
}

async function bench(
  logs: readonly SignedLog[],
  stored = new Map<string, string>(),
  store: WitnessStore = {
    read: async (hash) => stored.get(hash),
    keep: async (hash, note) => void stored.set(hash, note),
  },
): Promise<Bench> {
  let now = 1_700_000_000;
  const contradictions: Contradiction[] = [];
  const witness = await createWitness({
    key: witnessKey,
    logs: logs.map(({ key }) => key.verifier),
    store,
    nowSeconds: () => now,
    onContradiction: (finding) => contradictions.push(finding),
  });
  return {
    witness,
    stored,
    contradictions,
    setTime: (seconds) => {
      now = seconds;
    },
    offer: (log, oldSize, size = log.size()) =>
      witness.addCheckpoint(formatAddCheckpoint(oldSize, log.proof(oldSize, size), log.checkpoint(size))),
    restarted: () => bench(logs, stored),
  };
}

function log(entries = 5, history = ''): SignedLog {
  const made = signedLog(origin, history);
  made.grow(entries);
  return made;
}

test('what continues the log is cosigned, with the time, and the cosignature verifies', async () => {
  const honest = log(1);
  const { offer, witness } = await bench([honest]);
  for (const [oldSize, size] of [
    [0, 1],
    [1, 1],
    [1, 4],
    [4, 9],
  ] as const) {
    honest.grow(Math.max(0, size - honest.size()));
    const answer = await offer(honest, oldSize);
    assert.equal(answer.status, 200, answer.body);
    const opened = openNote(`${honest.checkpoint()}${answer.body}`, [witnessKey.verifier], verifyEd25519);
    assert.ok(opened.ok);
    assert.equal(opened.verified[0]?.time, 1_700_000_000);
    const kept = witness.checkpoint(originHash(origin));
    const trust = { origin, logKeys: [honest.key.verifier], witnessKeys: [witnessKey.verifier] };
    const shown = openCheckpoint(kept.body, trust, verifyEd25519);
    assert.ok(shown.ok);
    assert.equal(shown.checkpoint.size, size);
    assert.equal(shown.cosignatures.length, 1);
  }
});

test('an empty log is cosigned; an empty log with another root is not', async () => {
  const empty = log(0);
  const { offer, witness } = await bench([empty]);
  const wrong = formatCheckpoint({ origin, size: 0, root: new Uint8Array(32) });
  assert.equal((await witness.addCheckpoint(`old 0\n\n${noteBy([empty.key], wrong)}`)).status, 422);
  assert.equal((await offer(empty, 0)).status, 200);
});

test('the answers are those of the specification', async () => {
  const honest = log(9);
  const { offer, witness } = await bench([honest]);
  const stranger = signedLog('other.example.com/log');
  stranger.grow(3);
  const forger = signedLog(origin, '', 'another key');
  forger.grow(9);
  const statuses = async (work: ReturnType<Witness['addCheckpoint']>): Promise<string> => {
    const { status, contentType, body } = await work;
    return status === 409 ? `409 ${contentType} ${body}` : String(status);
  };
  assert.equal(await statuses(offer(stranger, 0)), '404');
  assert.equal(await statuses(offer(forger, 0)), '403');
  assert.equal(await statuses(offer(honest, 4)), '409 text/x.tlog.size 0\n');
  assert.equal(await statuses(offer(honest, 0, 5)), '200');
  assert.equal(await statuses(offer(honest, 0)), '409 text/x.tlog.size 5\n');
  assert.equal(await statuses(offer(honest, 4)), '409 text/x.tlog.size 5\n');
  const proofless = formatAddCheckpoint(5, [], honest.checkpoint());
  assert.equal(await statuses(witness.addCheckpoint(proofless)), '422');
  const padded = formatAddCheckpoint(5, [...honest.proof(5), honest.root()], honest.checkpoint());
  assert.equal(await statuses(witness.addCheckpoint(padded)), '422');
  assert.equal(
    await statuses(witness.addCheckpoint(formatAddCheckpoint(10, [], honest.checkpoint()))),
    '400',
  );
  for (const body of [
    '',
    'old 5',
    'old 5\n\n',
    `old 05\n\n${honest.checkpoint()}`,
    `new 5\n\n${honest.checkpoint()}`,
  ])
    assert.equal(await statuses(witness.addCheckpoint(body)), '400', body);
  assert.equal(await statuses(offer(honest, 5)), '200');
});

test('a proof where none belongs is refused', async () => {
  const honest = log(9);
  const { offer, witness } = await bench([honest]);
  const early = formatAddCheckpoint(0, [honest.root(1)], honest.checkpoint(5));
  assert.equal((await witness.addCheckpoint(early)).status, 422);
  await offer(honest, 0, 5);
  const same = formatAddCheckpoint(5, [honest.root(1)], honest.checkpoint(5));
  assert.equal((await witness.addCheckpoint(same)).status, 422);
});

test('a log that was rolled back is refused, at any old size', async () => {
  const honest = log(9);
  const { offer, witness } = await bench([honest]);
  await offer(honest, 0);
  for (const oldSize of [0, 3, 5]) assert.equal((await offer(honest, oldSize, 5)).status, 409);
  assert.equal((await witness.addCheckpoint(formatAddCheckpoint(9, [], honest.checkpoint(5)))).status, 400);
});

test('a log that forked is refused, at the same size and further on, and the proof of it is kept', async () => {
  const honest = log(6);
  const fork = log(6, 'fork');
  const { offer, contradictions, witness } = await bench([honest]);
  await offer(honest, 0);
  assert.equal((await offer(fork, 6)).status, 422);
  fork.grow(4);
  assert.equal((await offer(fork, 6)).status, 422);
  assert.equal(contradictions.length, 2);
  assert.equal(contradictions[0]?.offered, log(6, 'fork').checkpoint());
  assert.ok(contradictions[0]?.seen.startsWith(honest.checkpoint().split('\n\n', 1)[0] ?? 'x'));
  assert.equal(witness.checkpoint(originHash(origin)).body.split('\n')[1], '6');
});

test('old checkpoints that anybody sends again are no contradiction', async () => {
  const honest = log(6);
  const { offer, contradictions } = await bench([honest]);
  await offer(honest, 0);
  await offer(honest, 0, 3);
  await offer(honest, 3, 5);
  assert.deepEqual(contradictions, []);
});

test('two at once: one is cosigned, the other is told the new size', async () => {
  const honest = log(9);
  const { offer, witness } = await bench([honest]);
  await offer(honest, 0, 5);
  const answers = await Promise.all([offer(honest, 5, 9), offer(honest, 5, 6), offer(honest, 5, 7)]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 409, 409],
  );
  assert.equal(answers[1]?.body, '9\n');
  assert.equal(witness.checkpoint(originHash(origin)).body.split('\n')[1], '9');
});

test('what was cosigned is remembered over a restart', async () => {
  const honest = log(9);
  const first = await bench([honest]);
  await first.offer(honest, 0, 5);
  const second = await first.restarted();
  assert.deepEqual((await second.offer(honest, 0)).body, '5\n');
  assert.equal((await second.offer(honest, 5)).status, 200);
});

test('a memory that is damaged, or of another witness or log, is an error and never a new beginning', async () => {
  const honest = log(9);
  const { offer, stored } = await bench([honest]);
  await offer(honest, 0, 5);
  const hash = originHash(origin);
  const good = stored.get(hash) ?? '';
  const bad = [
    '',
    good.slice(0, -1),
    good.replace('\n5\n', '\n4\n'),
    honest.checkpoint(5),
    good.replaceAll(origin, 'other.example.com/log'),
  ];
  for (const note of bad)
    await assert.rejects(
      bench([honest], new Map([[hash, note]])),
      RangeError,
      JSON.stringify(note.slice(0, 80)),
    );
});

test('nothing is cosigned that could not be remembered, and then nothing at all until a restart', async () => {
  const honest = log(9);
  for (const persisted of [false, true]) {
    const stored = new Map<string, string>();
    let fails = false;
    const store: WitnessStore = {
      read: async (hash) => stored.get(hash),
      keep: async (hash, note) => {
        if (!fails || persisted) stored.set(hash, note);
        if (fails) throw new Error('EIO: made by a test');
      },
    };
    const { offer, restarted, witness } = await bench([honest], stored, store);
    await offer(honest, 0, 5);
    fails = true;
    const failed = await offer(honest, 5, 7);
    assert.equal(failed.status, 500);
    assert.ok(!failed.body.includes('—'));
    fails = false;
    assert.equal((await offer(honest, 5, 7)).status, 500);
    assert.equal(witness.checkpoint(originHash(origin)).body.split('\n')[1], '5');
    const after = await restarted();
    assert.deepEqual((await after.offer(honest, 1)).body, persisted ? '7\n' : '5\n');
  }
});

test('a clock that went back makes no cosignature', async () => {
  const honest = log(9);
  const { offer, setTime } = await bench([honest]);
  await offer(honest, 0, 5);
  setTime(1_699_999_999);
  assert.equal((await offer(honest, 5, 6)).status, 500);
  setTime(1_700_000_001);
  assert.equal((await offer(honest, 5, 6)).status, 200);
});

test('while a log changes its key, either signature is enough; one that is wrong refuses all', async () => {
  const old = log(3);
  const fresh = signedLog(origin, '', 'fresh');
  const text = formatCheckpoint({ origin, size: 3, root: Buffer.from(old.root(), 'hex') });
  const asked = (...keys: readonly SignedLog[]): string =>
    formatAddCheckpoint(
      0,
      [],
      noteBy(
        keys.map(({ key }) => key),
        text,
      ),
    );
  for (const [known, signers, status] of [
    [[old], [old, fresh], 200],
    [[old, fresh], [fresh], 200],
    [[fresh], [old], 403],
  ] as const) {
    const { witness } = await bench(known);
    assert.equal((await witness.addCheckpoint(asked(...signers))).status, status);
  }
  const { witness } = await bench([old, fresh]);
  const good = asked(old, fresh);
  const at = good.indexOf(`— ${origin} `) + `— ${origin} `.length + 20;
  const broken = `${good.slice(0, at)}${good[at] === 'A' ? 'B' : 'A'}${good.slice(at + 1)}`;
  assert.equal((await witness.addCheckpoint(broken)).status, 403);
  assert.equal((await witness.addCheckpoint(good)).status, 200);
});

test('a request is read back as it was written, and any other text is refused or read strictly', () => {
  const hash = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('hex'));
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.array(hash, { maxLength: maxProofLines }),
      fc.string(),
      (old, proof, note) => {
        const parsed = parseAddCheckpoint(formatAddCheckpoint(old, proof, note));
        assert.equal(parsed?.oldSize, old);
        assert.deepEqual(
          parsed?.proof.map((bytes) => Buffer.from(bytes).toString('hex')),
          proof,
        );
        assert.equal(parsed?.checkpoint, note);
      },
    ),
  );
  const piece = fc.constantFrom(
    'old ',
    'old 0',
    '\n',
    '\n\n',
    '0',
    '7',
    ' ',
    `${'A'.repeat(43)}=\n`,
    'x',
    '— a b',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const parsed = parseAddCheckpoint(text);
      if (parsed === undefined) return;
      const proof = parsed.proof.map((bytes) => Buffer.from(bytes).toString('hex'));
      assert.equal(formatAddCheckpoint(parsed.oldSize, proof, parsed.checkpoint), text);
    }),
    { numRuns: 2000 },
  );
  const line = `${'A'.repeat(43)}=\n`;
  assert.ok(parseAddCheckpoint(`old 1\n${line.repeat(63)}\nx`));
  assert.equal(parseAddCheckpoint(`old 1\n${line.repeat(64)}\nx`), undefined);
});
