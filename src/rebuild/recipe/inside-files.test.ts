import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import { digestsInside, listInside } from './inside-files.ts';

it('lists the digests of plain files, each once, and follows no link', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'assay-inside-'));
  const root = join(outside, 'root');
  try {
    await mkdir(join(root, 'a'), { recursive: true });
    await writeFile(join(outside, 'secret'), 'secret');
    await writeFile(join(root, 'a/one'), 'one');
    await writeFile(join(root, 'two'), 'one');
    await writeFile(join(root, 'three'), 'three');
    await symlink(join(outside, 'secret'), join(root, 'link'));
    await symlink(outside, join(root, 'folder'));
    const { paths } = await listInside(root);
    assert.deepEqual(paths, ['a/one', 'three', 'two']);
    const asked = [...paths, 'link', 'folder/secret', '../secret'];
    assert.deepEqual(await digestsInside(root, asked, 100), [sha256('one'), sha256('three')]);
    assert.deepEqual(await digestsInside(root, asked, 7), [sha256('one')]);
  } finally {
    await rm(outside, { recursive: true });
  }
});
