/** The signer is killed at random moments while it signs without pause: no signature that left it is ever contradicted. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAssayError } from '../../src/core/errors.ts';
import { emptyRoot } from '../../src/ledger/signing/may-sign.ts';
import { launchSigner } from '../../src/server/signer/launch.ts';
import { smallLog } from '../support/small-log.ts';

const rounds = 8;
const origin = 'assay.example.com/killed';

test('after kill -9 at any moment the signer remembers every signature that left it, and signs no other history', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-signer-kill-'));
  let pid: number | undefined;
  const signer = await launchSigner({
    directory: join(folder, 'signer'),
    dataDirectory: join(folder, 'data'),
    nodePath: process.execPath,
    pauseMs: { first: 1, longest: 1 },
    onStart: (started) => (pid = started),
  });
  t.after(async () => {
    await signer.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isAssayError(error, 'LEDGER_SIGNER_UNAVAILABLE')) throw error;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  const log = smallLog();
  await patiently(() => signer.sign({ origin, oldSize: 0, size: 0, root: emptyRoot, proof: [] }));
  let signed = { size: 0, root: emptyRoot };
  let lost = 0;
  for (let round = 0; round < rounds; round += 1) {
    const victim = pid;
    assert.ok(victim !== undefined && victim > 1);
    setTimeout(() => process.kill(victim, 'SIGKILL'), Math.random() * 60);
    for (let alive = true; alive;) {
      const asked = { origin, oldSize: signed.size, size: signed.size + 1 };
      if (log.size() === signed.size) log.grow(1);
      const [root, proof] = [log.root(asked.size), log.proof(asked.oldSize, asked.size)];
      try {
        await signer.sign({ ...asked, root, proof });
        signed = { size: asked.size, root };
      } catch (error) {
        assert.ok(isAssayError(error, 'LEDGER_SIGNER_UNAVAILABLE'), String(error));
        alive = false;
      }
    }
    const last = await patiently(() => signer.last(origin));
    // The one that was under way may be remembered although nobody got it, and nothing else.
    if (last.size !== signed.size) lost += 1;
    assert.ok(last.size === signed.size || last.size === signed.size + 1);
    assert.equal(last.root, log.root(last.size));
    const other = { origin, oldSize: last.size, size: last.size, root: smallLog('other').root(), proof: [] };
    if (last.size > 0) await assert.rejects(signer.sign(other), { code: 'LEDGER_SIGNER_REFUSED' });
    signed = last;
  }
  t.diagnostic(`${signed.size} signatures, ${lost} of them remembered but not received`);
});
