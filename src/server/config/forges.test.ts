import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, machine, refused, upstream, where } from './testing/machine.ts';

const github =
  '{ host: Git.example.com, kind: github, api: https://git.example.com/api/v3, tokenEnv: FORGE_TOKEN }';

test('without configuration no forge is asked', async (t) => {
  const m = await machine(t);
  await m.write('etc/assay.yaml', upstream);
  assert.deepEqual((await load(m.around())).settings.forges, []);
});

test('a forge has its token from the environment, and no command shows it', async (t) => {
  const m = await machine(t);
  await m.write(
    'etc/assay.yaml',
    `${upstream}forges:\n  - ${github}\n  - { host: 'src.example.com:8443', kind: git }\n  - { host: mirror.example.com, kind: git, api: 'file:///srv/git' }\n`,
  );
  const loaded = await load(m.around({ FORGE_TOKEN: 'secret-token' }));
  assert.deepEqual(loaded.settings.forges, [
    {
      host: 'git.example.com',
      kind: 'github',
      api: 'https://git.example.com/api/v3/',
      token: 'secret-token',
    },
    { host: 'src.example.com:8443', kind: 'git', api: undefined, token: undefined },
    { host: 'mirror.example.com', kind: 'git', api: 'file:///srv/git/', token: undefined },
  ]);
  assert.match(where(loaded, 'forges') ?? '', /FORGE_TOKEN/);
  assert.ok(!JSON.stringify(loaded.shown).includes('secret-token'));
});

test('a token that is not there stops the gate, not a command that only looks for it', async (t) => {
  const m = await machine(t);
  await m.write('etc/assay.yaml', `${upstream}forges: [${github}]\n`);
  assert.match(await refused(load(m.around()), 'CONFIG_INVALID'), /FORGE_TOKEN .*is not set/);
  assert.deepEqual((await load(m.around(), { upstreams: 'none' })).settings.forges, []);
});

test('a forge that could not be asked is refused, with its place', async (t) => {
  const m = await machine(t);
  const cases = [
    ['{ host: git.example.com, kind: github }', /forges\.0\.api.*must be the URL of the API/],
    ['{ host: git.example.com, kind: github, api: "file:///srv/git" }', /must be the URL of the API/],
    ['{ host: git.example.com, kind: gitlab }', /must be one of github, git/],
    ['{ host: git.example.com, kind: git, api: "file://server/git" }', /forges\.0\.api/],
    ['{ host: git.example.com, kind: git, api: "https://me:x@git.example.com" }', /forges\.0\.api/],
    ['{ host: git.example.com, kind: git, api: "ssh://git.example.com" }', /forges\.0\.api/],
    ['{ host: "https://git.example.com", kind: git }', /forges\.0\.host/],
    [
      '{ host: git.example.com, kind: git, token: abc }',
      /did you mean `tokenEnv`|no key of the configuration/,
    ],
    ['{ host: git.example.com, kind: git, tokenEnv: ghp-abc }', /name of an environment variable/],
    ['{ host: a.example.com, kind: git }, { host: A.example.com, kind: git }', /must name each host once/],
  ] as const;
  for (const [text, message] of cases) {
    await m.write('etc/assay.yaml', `${upstream}forges: [${text}]\n`);
    assert.match(await refused(load(m.around()), 'CONFIG_INVALID'), message, text);
  }
});
