import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { at, recordOf, temporaryDirectory, upstream } from '../../../test/support/storage-records.ts';
import { AssayError } from '../../core/errors.ts';
import type { RegistryPublicKey } from '../../ledger/signing/registry-keys.ts';
import { openStorage, type Storage } from '../../storage/open.ts';
import {
  createReleaseKeys,
  createReleaseSignatures,
  createReleaseSigning,
  type ReleaseSigner,
} from './release-signatures.ts';

const origin = 'assay.example.com/log';

interface FakeSigner extends ReleaseSigner {
  readonly asked: string[];
  trouble: AssayError | undefined;
}

function fakeSigner(): FakeSigner {
  let number = 0;
  let keys: readonly RegistryPublicKey[] = [];
  const rotate = (): readonly RegistryPublicKey[] => {
    const key = { keyid: `SHA256:${(number += 1)}`, spki: 'AAAA', expires: null };
    return (keys = [key, ...keys.map((old) => ({ ...old, expires: at(0) }))]);
  };
  const signer: FakeSigner = {
    asked: [],
    trouble: undefined,
    registryKeys: async () => {
      if (signer.trouble !== undefined) throw signer.trouble;
      return keys;
    },
    signRelease: async ({ name, version, integrity }) => {
      if (signer.trouble !== undefined) throw signer.trouble;
      signer.asked.push(`${name}@${version}`);
      if (name.includes('odd')) throw new AssayError('LEDGER_SIGNER_REFUSED', 'refused: an odd name');
      const [key] = keys.length === 0 ? rotate() : keys;
      return { keyid: key?.keyid ?? '', sig: Buffer.from(`${key?.keyid} ${integrity}`).toString('base64') };
    },
    rotateRegistryKey: async () => rotate(),
  };
  return signer;
}

interface Bench {
  readonly storage: Storage;
  readonly signer: FakeSigner;
  readonly signAll: () => Promise<void>;
  readonly allow: (name: string, seconds?: number) => Promise<void>;
  readonly signedPackages: string[];
}

async function started(t: TestContext): Promise<Bench> {
  const storage = await openStorage({ directory: await temporaryDirectory(t) });
  t.after(() => storage.close());
  const signer = fakeSigner();
  const signedPackages: string[] = [];
  const { signSome } = createReleaseSigning({
    storage,
    signer,
    clock: () => new Date(at(100)),
    onSigned: (_upstream, name) => void signedPackages.push(name),
  });
  return {
    storage,
    signer,
    signedPackages,
    signAll: async () => {
      while ((await signSome(origin)) > 0);
    },
    allow: async (name, seconds = 0) =>
      storage.admission.recordDecision(recordOf({ name, outcome: 'allow', seconds })),
  };
}

test('every allowed release is signed once, however many there are, and again after a change of key', async (t) => {
  const { storage, signer, signAll, allow, signedPackages } = await started(t);
  const names = Array.from({ length: 70 }, (_, n) => `lib-${n}`);
  for (const name of names) await allow(name);
  await signAll();
  await signAll();
  assert.deepEqual([...signer.asked].sort(), names.map((name) => `${name}@1.0.0`).sort());
  assert.deepEqual(new Set(signedPackages), new Set(names));
  const before = await storage.registrySignatures.of(upstream, 'lib-3');
  await signer.rotateRegistryKey(origin);
  await signAll();
  assert.equal(signer.asked.length, 140);
  const after = await storage.registrySignatures.of(upstream, 'lib-3');
  assert.deepEqual([before[0]?.keyid, after[0]?.keyid], ['SHA256:1', 'SHA256:2']);
});

test('a release that the signer refuses is asked for once, and keeps nobody waiting', async (t) => {
  const { storage, signer, signAll, allow } = await started(t);
  for (const name of ['odd-one', 'lib', 'odd-two']) await allow(name);
  await signAll();
  await signAll();
  assert.equal(signer.asked.filter((name) => name.startsWith('odd-two')).length, 1);
  assert.equal((await storage.registrySignatures.of(upstream, 'lib')).length, 1);
  assert.deepEqual(await storage.registrySignatures.of(upstream, 'odd-one'), []);
});

test('a signer that is away loses nothing: what was not signed is signed later', async (t) => {
  const { storage, signer, signAll, allow } = await started(t);
  await allow('lib');
  signer.trouble = new AssayError('LEDGER_SIGNER_UNAVAILABLE', 'away');
  await assert.rejects(signAll(), { code: 'LEDGER_SIGNER_UNAVAILABLE' });
  signer.trouble = undefined;
  await signAll();
  assert.equal((await storage.registrySignatures.of(upstream, 'lib')).length, 1);
});

test('what is shown is remembered until a decision about the package or a signature of it', async (t) => {
  const { storage, signAll, allow } = await started(t);
  let decisions = 0;
  let reads = 0;
  const counting = {
    ...storage.registrySignatures,
    of: async (...about: Parameters<Storage['registrySignatures']['of']>) => {
      reads += 1;
      return storage.registrySignatures.of(...about);
    },
  };
  const shown = createReleaseSignatures(
    { registrySignatures: counting },
    { decisionsAbout: () => decisions },
  );
  await allow('lib');
  assert.deepEqual(await shown.of(upstream, 'lib'), { list: [], digest: '' });
  await signAll();
  assert.equal((await shown.of(upstream, 'lib')).list.length, 0, 'remembered');
  shown.forget(upstream, 'lib');
  const signed = await shown.of(upstream, 'lib');
  assert.equal(signed.list.length, 1);
  assert.match(signed.list[0]?.integrity ?? '', /^sha512-[A-Za-z0-9+/]{86}==$/);
  assert.notEqual(signed.digest, '');
  assert.equal(await shown.of(upstream, 'lib'), signed);
  assert.equal(reads, 2);
  await storage.admission.recordDecision(
    recordOf({ name: 'lib', outcome: 'block', seconds: 5, caseSeed: 'a' }),
  );
  decisions += 1;
  assert.deepEqual(await shown.of(upstream, 'lib'), { list: [], digest: '' });
});

test('a signature that is recorded while it is read is not forgotten for it', async (t) => {
  const { storage, signAll, allow } = await started(t);
  await allow('lib');
  const slow = {
    ...storage.registrySignatures,
    of: async (...about: Parameters<Storage['registrySignatures']['of']>) => {
      const read = await storage.registrySignatures.of(...about);
      if (read.length === 0) {
        await signAll();
        shown.forget(upstream, 'lib');
      }
      return read;
    },
  };
  const shown = createReleaseSignatures({ registrySignatures: slow }, { decisionsAbout: () => 0 });
  assert.equal((await shown.of(upstream, 'lib')).list.length, 0);
  assert.equal((await shown.of(upstream, 'lib')).list.length, 1);
});

test('while the signer is away its keys are those it named last, and never none', async () => {
  const signer = fakeSigner();
  let woken = 0;
  const keys = createReleaseKeys(signer, origin, () => (woken += 1));
  const away = new AssayError('LEDGER_SIGNER_UNAVAILABLE', 'away');
  signer.trouble = away;
  await assert.rejects(keys.list(), { code: 'LEDGER_SIGNER_UNAVAILABLE' });
  signer.trouble = undefined;
  const rotated = await keys.rotate();
  assert.equal(woken, 1);
  signer.trouble = away;
  assert.deepEqual(await keys.list(), rotated);
});
