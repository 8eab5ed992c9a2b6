/** Which folders of control groups are used, on trees that look like those of machines of each kind. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { findCgroups } from './cgroups.ts';

const made: string[] = [];
after(async () => {
  for (const path of made) await rm(path, { recursive: true });
});

/** A tree of plain folders: the files that the kernel puts into a new group do not come by themselves. */
function tree(
  own: string,
  files: Readonly<Record<string, string>>,
): { readonly root: string; readonly proc: string } {
  const root = mkdtempSync(join(tmpdir(), 'assay-cgroups-'));
  made.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const proc = join(root, 'proc-self-cgroup');
  writeFileSync(proc, own);
  return { root, proc };
}

it('finds none where a new group has no limits in it: a folder alone is no control group', async () => {
  const one = tree('4:memory:/here\n8:pids:/\n', { 'memory/here/x': '', 'pids/x': '' });
  assert.equal(await findCgroups(one.root, one.proc), undefined);
  const two = tree('0::/user.slice/session\n', {
    'cgroup.controllers': 'cpu memory pids\n',
    'user.slice/session/cgroup.procs': '1\n',
  });
  assert.equal(await findCgroups(two.root, two.proc), undefined);
});

it('finds none where there are none, and reads nothing outside of the tree', async () => {
  const { root, proc } = tree('', {});
  assert.equal(await findCgroups(root, proc), undefined);
  assert.equal(await findCgroups(root, join(root, 'absent')), undefined);
  const up = tree('4:memory:/../../../..\nnonsense\n0::\n', {});
  assert.equal(await findCgroups(up.root, up.proc), undefined);
});
