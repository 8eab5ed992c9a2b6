import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { load, machine, refused, upstream } from './testing/machine.ts';

test('without configuration no feed is fetched', async (t) => {
  const m = await machine(t);
  await m.write('etc/assay.yaml', upstream);
  assert.deepEqual((await load(m.around())).settings.feeds, []);
});

test('a feed with a URL is fetched every six hours, or as is said, or never by itself', async (t) => {
  const m = await machine(t);
  const url = 'https://feeds.example.com/npm/all.zip';
  const npm = { ecosystem: 'npm', url, epssUrl: undefined, kevUrl: undefined, popular: undefined };
  for (const [text, refreshEveryMs] of [
    ['', 21_600_000],
    [', refreshEvery: 1h', 3_600_000],
    [', refreshEvery: off', undefined],
  ] as const) {
    await m.write('etc/assay.yaml', `${upstream}feeds: { npm: { url: "${url}"${text} } }\n`);
    assert.deepEqual((await load(m.around())).settings.feeds, [{ ...npm, refreshEveryMs }]);
  }
  await m.write(
    'etc/assay.yaml',
    `${upstream}feeds: { npm: { url: "${url}", refreshEvery: 2h, epss: "https://e.example.com/epss.csv.gz", kev: "https://k.example.com/kev.json" } }\n`,
  );
  const { settings, shown } = await load(m.around());
  assert.equal(settings.feeds[0]?.kevUrl, 'https://k.example.com/kev.json');
  assert.equal(settings.feeds[0].epssUrl, 'https://e.example.com/epss.csv.gz');
  assert.equal(shown.find(({ key }) => key === 'feeds.npm.refreshEvery')?.value, '"2h"');
});

test('popular names come from a URL, or from a file beside the configuration', async (t) => {
  const m = await machine(t);
  const popularIn = async (text: string): Promise<string | undefined> => {
    const feed = `url: "https://feeds.example.com/all.zip", popular: "${text}"`;
    await m.write('etc/assay.yaml', `${upstream}feeds: { npm: { ${feed} } }\n`);
    return (await load(m.around())).settings.feeds[0]?.popular;
  };
  const url = 'https://feeds.example.com/names.json';
  assert.equal(await popularIn(url), url);
  assert.equal(await popularIn('lists/names.json'), join(m.root, 'etc/lists/names.json'));
});

test('what could not be used is refused, with its place', async (t) => {
  const m = await machine(t);
  for (const [text, message] of [
    ['{ npm: { url: "http://feeds.example.com/all.zip" } }', /feeds\.npm\.url.*https/],
    ['{ npm: { url: "https://me:x@feeds.example.com/all.zip" } }', /feeds\.npm\.url/],
    ['{ npm: { url: "file:///all.zip" } }', /feeds\.npm\.url/],
    ['{ npm: { popular: "http://feeds.example.com/names.json" } }', /feeds\.npm\.popular.*https/],
    ['{ nmp: { url: "https://feeds.example.com/all.zip" } }', /did you mean `npm`/],
    ['{ npm: { refreshEvery: 1s } }', /a minute or more/],
    ['{ npm: { urls: [] } }', /did you mean `url`|no key of the configuration/],
  ] as const) {
    await m.write('etc/assay.yaml', `${upstream}feeds: ${text}\n`);
    assert.match(await refused(load(m.around()), 'CONFIG_INVALID'), message, text);
  }
});
