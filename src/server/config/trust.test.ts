import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { load, machine, refused, upstream } from './testing/machine.ts';

test('without configuration trust is refreshed daily, from where the program says, and does not go stale', async (t) => {
  const m = await machine(t);
  await m.write('etc/assay.yaml', upstream);
  const { settings, shown } = await load(m.around());
  assert.deepEqual(settings.trust, { refreshEveryMs: 86_400_000, maxAgeMs: undefined, tuf: undefined });
  const texts = shown
    .filter(({ key }) => key.startsWith('trust.'))
    .map(({ key, value }) => `${key} ${value}`);
  assert.deepEqual(texts, ['trust.maxAge "off"', 'trust.refreshEvery "24h"']);
});

test('refreshing can be switched off, by file and by variable', async (t) => {
  const m = await machine(t);
  await m.write('etc/assay.yaml', `${upstream}trust: { refreshEvery: off, maxAge: 30d }\n`);
  const { settings } = await load(m.around());
  assert.deepEqual([settings.trust.refreshEveryMs, settings.trust.maxAgeMs], [undefined, 30 * 86_400_000]);
  const other = await load(m.around({ ASSAY_TRUST_REFRESH_EVERY: '2h' }));
  assert.equal(other.settings.trust.refreshEveryMs, 7_200_000);
});

test('a repository has a name, a URL, and a root that lies beside the file that names it', async (t) => {
  const m = await machine(t);
  const path = await m.write(
    'etc/assay.yaml',
    `${upstream}trust: { tuf: [{ name: public-good, url: 'https://tuf.example.com/x' }, { name: ours, url: 'https://ours.example.com/', root: ours/root.json }] }\n`,
  );
  const { settings } = await load(m.around());
  assert.deepEqual(settings.trust.tuf, [
    { name: 'public-good', url: 'https://tuf.example.com/x/', rootFile: undefined },
    { name: 'ours', url: 'https://ours.example.com/', rootFile: join(path, '../ours/root.json') },
  ]);
});

test('what could not be used is refused, with its place', async (t) => {
  const m = await machine(t);
  const cases = [
    ['{ refreshEvery: often }', /trust\.refreshEvery/],
    ['{ refreshEvery: 5s }', /a minute or more/],
    ['{ maxAge: 0 }', /trust\.maxAge/],
    ['{ tuf: [{ name: Ours, url: "https://ours.example.com/" }] }', /no name of a repository/],
    ['{ tuf: [{ name: ours, url: "https://me:x@ours.example.com/" }] }', /trust\.tuf\.0\.url/],
    ['{ tuf: [{ name: ours }] }', /trust\.tuf\.0\.url/],
    [
      '{ tuf: [{ name: a, url: "https://a.example.com" }, { name: a, url: "https://b.example.com" }] }',
      /each repository once/,
    ],
    ['{ refreshevery: 24h }', /did you mean `refreshEvery`|no key of the configuration/],
  ] as const;
  for (const [text, message] of cases) {
    await m.write('etc/assay.yaml', `${upstream}trust: ${text}\n`);
    assert.match(await refused(load(m.around()), 'CONFIG_INVALID'), message, text);
  }
});
