import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, machine, refused, upstream } from './testing/machine.ts';

const user = 'home/.config/assay/assay.yaml';

test('licences are told and none refused until lists are given', async (t) => {
  const m = await machine(t);
  await m.write(user, upstream);
  assert.deepEqual((await load(m.around())).settings.licences, { allow: [], review: [], deny: [] });
  await m.write(
    user,
    `${upstream}licences:\n  allow: [MIT, LGPL-2.1-or-later]\n  review: [unknown]\n  deny: [AGPL-*, UNLICENSED]\n`,
  );
  assert.deepEqual((await load(m.around())).settings.licences, {
    allow: ['MIT', 'LGPL-2.1-or-later'],
    review: ['unknown'],
    deny: ['AGPL-*', 'UNLICENSED'],
  });
});

test('an entry that would cover nothing is refused with its place', async (t) => {
  const m = await machine(t);
  for (const entry of ['Apache', 'mit', '"*"', 'MIT OR ISC', 'GPL']) {
    await m.write(user, `${upstream}licences:\n  deny:\n    - MIT\n    - ${entry}\n`);
    const message = await refused(load(m.around()), 'CONFIG_INVALID');
    assert.match(message, /assay\.yaml:\d+:7: .*is no SPDX id/, entry);
  }
});
