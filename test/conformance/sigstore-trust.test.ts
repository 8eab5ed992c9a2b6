/** Sigstore's real public root, its keys, and the step from its version 15 to the one that the program brings. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeFileDurably } from '../../src/server/durable-file.ts';
import { parseRegistryKeys } from '../../src/trust/npm-keys.ts';
import { pinnedSeed, pinnedTrust, readTrustedRoot } from '../../src/trust/pinned.ts';
import { readDocument } from '../../src/trust/reading.ts';
import { parseTufRoot } from '../../src/trust/tuf-root.ts';
import { checkTufRoot, keptTufRoot, refreshFromTuf } from '../../src/trust/tuf.ts';

const folder = join(
  process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'),
  'vectors/sigstore-public-good',
);
const skip = existsSync(folder) ? false : 'ASSAY_SHARED/vectors/sigstore-public-good is not there';
const file = (name: string): Buffer => readFileSync(join(folder, name));

test(
  'the published trusted root and keys are read, and the keys are those that the program brings',
  { skip },
  () => {
    readTrustedRoot(file('trusted_root.json'));
    const keys = parseRegistryKeys(readDocument(file('npm-keys.json')), 'pinned');
    const [pinned = []] = pinnedTrust().registryKeys.values();
    for (const key of keys)
      assert.deepEqual(
        pinned.find(({ keyid }) => keyid === key.keyid),
        key,
      );
  },
);

test(
  'the root that the program brings follows the published version 15, signed by its keys',
  { skip },
  async (context) => {
    const root = file('root.json');
    const from = parseTufRoot(root).version;
    const { rootBytes, root: to } = pinnedSeed();
    assert.equal(to.version, from + 1);
    const directory = await mkdtemp(join(tmpdir(), 'assay-tuf-real-'));
    context.after(() => rm(directory, { recursive: true }));
    const next = `/${to.version}.root.json`;
    const refresh = (bytes: Uint8Array): Promise<unknown> =>
      refreshFromTuf(
        { url: 'https://tuf.example.com', directory, root, targets: [] },
        {
          read: async (url) => (url.pathname === next ? bytes : undefined),
          writeDurably: (path, content) => writeFileDurably(path, content, 0o600),
        },
      );
    const text = Buffer.from(rootBytes).toString();
    const changed = text.replace(/"threshold":\s*3/, '"threshold":1');
    assert.notEqual(changed, text);
    await assert.rejects(refresh(Buffer.from(changed)), { code: 'TRUST_TUF_UNSIGNED' });
    assert.equal((await keptTufRoot(directory))?.version, from);
    // What follows the root is not there, so the refresh ends there; the root was verified, and is kept.
    await assert.rejects(refresh(rootBytes), { code: 'TRUST_TUF_UNREACHABLE' });
    assert.deepEqual(await keptTufRoot(directory), to);
    checkTufRoot(directory);
  },
);
