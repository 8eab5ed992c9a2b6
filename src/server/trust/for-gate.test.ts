import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Epochs } from '../../core/decision.ts';
import { openStorage } from '../../storage/open.ts';
import { pinnedTrust } from '../../trust/pinned.ts';
import { makeMaterial } from '../../trust/material.ts';
import type { TrustMaterial } from '../../core/trust.ts';
import { epochsFrom } from '../epochs.ts';
import { openTrustForGate } from './for-gate.ts';
import type { Trust } from './open.ts';

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const keys = Buffer.from(
  JSON.stringify({ keys: [{ keyid: 'mine', keytype: 'ecdsa-sha2-nistp256', key, expires: null }] }),
);

test('what was refused is asked again when trust changes, in a running gate or between two starts, and only then', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'assay-trust-'));
  const storage = await openStorage({ directory });
  const closers: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const close of closers.reverse()) await close();
    await storage.close();
    await rm(directory, { recursive: true });
  });
  const open = async (
    pinned?: TrustMaterial,
  ): Promise<{ readonly trust: Trust; readonly now: () => Epochs }> => {
    const epochs = await epochsFrom(await storage.settings.epochs(), storage.settings);
    const trust = await openTrustForGate(
      {
        settings: {
          trust: { refreshEveryMs: undefined, maxAgeMs: undefined, tuf: undefined },
          dataDirectory: directory,
          upstreams: [],
        },
        storage,
        clock: () => new Date('2026-11-20T12:00:00.000Z'),
        log: { info: () => undefined, warn: () => undefined },
        raiseAlarm: async () => undefined,
        registryDocument: async () => undefined,
        epochs,
        pinned,
      },
      closers,
    );
    return { trust, now: () => epochs.of({ ecosystem: 'npm', name: 'any' }) };
  };
  const first = await open();
  const { feeds } = first.now();
  assert.equal((await open()).now().feeds, feeds);
  const file = { bytes: keys, host: 'registry.example.com', name: undefined, via: 'keys.json' };
  await first.trust.import({ ...file, apply: true });
  assert.equal(first.now().feeds, feeds + 1);
  await first.trust.import({ ...file, apply: true });
  assert.equal(first.now().feeds, feeds + 1);
  const material = pinnedTrust();
  const sigstore = material.sigstore.map((one) => ({
    ...one,
    tufRoot: one.tufRoot && { ...one.tufRoot, version: one.tufRoot.version + 1 },
  }));
  assert.equal((await open(makeMaterial({ ...material, sigstore }))).now().feeds, feeds + 2);
  assert.equal((await storage.settings.epochs()).feeds, feeds + 2);
});
