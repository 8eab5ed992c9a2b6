import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Loaded } from './load.ts';
import { load, machine, refused, upstream, where } from './testing/machine.ts';

test('defaults, system, user, environment, flag: each is stronger than the one before, and says where it came from', async (t) => {
  const m = await machine(t);
  const system = await m.write(
    'etc/assay.yaml',
    `${upstream}port: 1\nconsolePort: 1\nlisten: 127.0.0.2\nlogLevel: debug\n`,
  );
  const user = await m.write('home/.config/assay/assay.yaml', 'port: 2\nconsolePort: 2\nlisten: 127.0.0.3\n');
  const loaded = await load(m.around({ ASSAY_PORT: '3', ASSAY_CONSOLE_PORT: '3' }), { flags: { port: '4' } });
  const { settings } = loaded;
  assert.deepEqual(
    [settings.port, settings.consolePort, settings.listen, settings.logLevel, settings.indexFreshSeconds],
    [4, 3, '127.0.0.3', 'debug', 300],
  );
  assert.equal(where(loaded, 'port'), '4 flag --port');
  assert.equal(where(loaded, 'consolePort'), '3 environment ASSAY_CONSOLE_PORT');
  assert.equal(where(loaded, 'listen'), `"127.0.0.3" file ${user}:3:1`);
  assert.equal(where(loaded, 'logLevel'), `"debug" file ${system}:5:1`);
  assert.equal(where(loaded, 'indexFreshSeconds'), '300 default');
});

test('a file in the working directory is never read: a hostile checkout chooses nothing', async (t) => {
  const m = await machine(t);
  await m.write('cwd/assay.yaml', 'port: 1\n');
  await m.write('cwd/.assay/upstreams.json', '{"version":1,"upstreams":[]}');
  await m.write('home/.config/assay/assay.yaml', upstream);
  const { settings } = await load(m.around());
  assert.equal(settings.port, 4873);
  assert.equal(settings.dataDirectory, join(m.root, 'installed/.assay'));
});

test('a named file replaces the system and the user file; the flag is stronger than the variable', async (t) => {
  const m = await machine(t);
  await m.write('etc/assay.yaml', 'port: 1\n');
  await m.write('home/.config/assay/assay.yaml', 'port: 2\nlogLevel: debug\n');
  await m.write('cwd/a.yaml', `${upstream}port: 3\n`);
  await m.write('cwd/b.yaml', `${upstream}port: 4\n`);
  const byVariable = await load(m.around({ ASSAY_CONFIG: 'a.yaml' }));
  assert.deepEqual([byVariable.settings.port, byVariable.settings.logLevel], [3, 'info']);
  const byFlag = await load(m.around({ ASSAY_CONFIG: 'a.yaml' }), { flags: { config: 'b.yaml' } });
  assert.equal(byFlag.settings.port, 4);
});

test('a file that is named and not there is an error, one that is only looked for is not', async (t) => {
  const m = await machine(t);
  assert.match(
    await refused(load(m.around({ ASSAY_CONFIG: 'none.yaml' })), 'CONFIG_UNREADABLE'),
    /none\.yaml/,
  );
});

test('XDG_CONFIG_HOME and macOS have their own user folders', async (t) => {
  const m = await machine(t);
  await m.write('xdg/assay/assay.yaml', `${upstream}port: 7\n`);
  await m.write('home/Library/Application Support/assay/assay.yaml', `${upstream}port: 8\n`);
  assert.equal((await load(m.around({ XDG_CONFIG_HOME: join(m.root, 'xdg') }))).settings.port, 7);
  assert.equal((await load({ ...m.around(), platform: 'darwin' })).settings.port, 8);
});

test('the ledger and its signer have settings; a path in a file is relative to that file', async (t) => {
  const m = await machine(t);
  const plain = await load(m.around(), { upstreams: 'none' });
  assert.deepEqual(plain.settings.ledger, {
    origin: undefined,
    checkpointSeconds: 1,
    witnessesFile: undefined,
    witnessMode: 'fail-open',
  });
  assert.equal(plain.settings.signer.directory, join(m.root, 'home/.local/state/assay/signer'));
  const inForce = plain.shown.find(({ key }) => key === 'signer.directory');
  assert.equal(inForce?.value, JSON.stringify(plain.settings.signer.directory));

  await m.write(
    'home/.config/assay/assay.yaml',
    `${upstream}ledger: { origin: assay.example.com/log, checkpointSeconds: 0.5, witnesses: w.policy, witnessMode: fail-closed }\nsigner: { directory: keys }\n`,
  );
  const { settings } = await load(m.around());
  assert.deepEqual(settings.ledger, {
    origin: 'assay.example.com/log',
    checkpointSeconds: 0.5,
    witnessesFile: join(m.root, 'home/.config/assay/w.policy'),
    witnessMode: 'fail-closed',
  });
  assert.equal(settings.signer.directory, join(m.root, 'home/.config/assay/keys'));
  const named = await load(m.around({ ASSAY_SIGNER_DIRECTORY: '/keys' }));
  assert.equal(named.settings.signer.directory, '/keys');
});

test('XDG_STATE_HOME and macOS have their own place for the signer', async (t) => {
  const m = await machine(t);
  const xdg = await load(m.around({ XDG_STATE_HOME: '/state' }), { upstreams: 'none' });
  assert.equal(xdg.settings.signer.directory, '/state/assay/signer');
  const mac = await load({ ...m.around(), platform: 'darwin' }, { upstreams: 'none' });
  assert.equal(mac.settings.signer.directory, join(m.root, 'home/Library/Application Support/assay/signer'));
});

for (const origin of ['a log', 'a+b', '', 'x'.repeat(81), 'löchrig', 'a\tb']) {
  test(`${JSON.stringify(origin)} is no origin of a log`, async (t) => {
    const m = await machine(t);
    await m.write('home/.config/assay/assay.yaml', `ledger: { origin: ${JSON.stringify(origin)} }\n`);
    assert.match(await refused(load(m.around(), { upstreams: 'none' }), 'CONFIG_INVALID'), /ledger\.origin/);
  });
}

test('what is wrong is told with file, line, column and the nearest known key', async (t) => {
  const m = await machine(t);
  const file = await m.write(
    'home/.config/assay/assay.yaml',
    [
      'prot: 1',
      'port: "x"',
      'allowedHosts: a.example.com',
      'policy:',
      '  cooldown: 72',
      '  deny: [{ package: "*" }]',
      '  rules: { cooldown: wern }',
    ].join('\n'),
  );
  const message = await refused(load(m.around()), 'CONFIG_INVALID');
  const lines = message.split('\n');
  assert.equal(lines.length, 6, message);
  assert.equal(lines[0], `${file}:1:1: \`prot\` is no key of the configuration; did you mean \`port\`?`);
  assert.match(lines[1] ?? '', /:2:7: `port` must be a number/);
  assert.match(lines[2] ?? '', /:3:15: `allowedHosts` must be a list.*write \["a\.example\.com"\]/);
  assert.match(lines[3] ?? '', /:5:13: `policy\.cooldown` must be text/);
  assert.match(lines[4] ?? '', /:6:21: `policy\.deny\.0\.package`.*bare `\*`/);
  assert.match(lines[5] ?? '', /:7:22: .*did you mean `warn`/);
});

test('a bare star is refused wherever a list of names belongs; a scope is not', async (t) => {
  const m = await machine(t);
  for (const text of [
    'allowedHosts: ["*"]',
    'upstreams: { npm: { url: https://registry.example.com, scopes: ["*"] } }',
    'upstreams: { npm: { url: https://registry.example.com, fileHosts: ["*"] } }',
    'policy: { allow: [{ package: "*" }] }',
    'policy: { allow: [{ package: "@*/x" }] }',
  ]) {
    await m.write('home/.config/assay/assay.yaml', text);
    assert.match(await refused(load(m.around()), 'CONFIG_INVALID'), /bare `\*`/, text);
  }
  await m.write(
    'home/.config/assay/assay.yaml',
    `${upstream}policy: { allow: [{ package: "@corp/*", reason: ours }] }`,
  );
  assert.deepEqual((await load(m.around())).settings.policy.allow, [
    { ecosystem: 'npm', name: '@corp/*', versions: undefined, reason: 'ours' },
  ]);
});

test('a wrong variable or flag is named', async (t) => {
  const m = await machine(t);
  assert.match(
    await refused(load(m.around({ ASSAY_PORT: 'x' })), 'CONFIG_INVALID'),
    /^ASSAY_PORT: `port` must be a number/,
  );
  assert.match(
    await refused(load(m.around(), { flags: { logLevel: 'loud' } }), 'CONFIG_INVALID'),
    /^--log-level: /,
  );
});

test('a mistyped variable is noted, a foreign one is not', async (t) => {
  const m = await machine(t);
  await m.write('home/.config/assay/assay.yaml', upstream);
  const { notes } = await load(m.around({ ASSAY_PROT: '1', ASSAY_SOMETHING_ELSE_ENTIRELY: '1' }));
  assert.deepEqual(
    notes.map((note) => /did you mean (\w+)/.exec(note)?.[1]),
    ['ASSAY_PORT'],
  );
});

test('units become what the rooms work with', async (t) => {
  const m = await machine(t);
  await m.write(
    'home/.config/assay/assay.yaml',
    `${upstream}policy: { cooldown: 3d }\nlimits: { fetch: { idleMs: 45s, fileBytes: 1GiB }, archive: { entries: 7 } }\n`,
  );
  const { settings } = await load(m.around());
  assert.equal(settings.policy.cooldownHours, 72);
  assert.equal(settings.fetchLimits.idleMs, 45_000);
  assert.equal(settings.fetchLimits.fileBytes, 1024 ** 3);
  assert.equal(settings.archiveLimits.entries, 7);
  assert.ok(settings.archiveLimits.unpackedBytes > 0);
});

test('data directory: relative to the file that says it, or to the folder a variable is given in', async (t) => {
  const m = await machine(t);
  await m.write('etc/assay.yaml', `${upstream}data: var\n`);
  assert.equal((await load(m.around())).settings.dataDirectory, join(m.root, 'etc/var'));
  assert.equal(
    (await load(m.around({ ASSAY_DATA: 'mine' }))).settings.dataDirectory,
    join(m.root, 'cwd/mine'),
  );
});

test('a token comes from the variable that is named, and appears nowhere in what is shown', async (t) => {
  const m = await machine(t);
  await m.write(
    'home/.config/assay/assay.yaml',
    'upstreams: { corp: { url: https://npm.example.com/, scopes: ["@corp"], tokenEnv: CORP_TOKEN }, npm: { url: https://registry.example.com/ } }\n',
  );
  const loaded = await load(m.around({ CORP_TOKEN: 'very-secret-token' }));
  const corp = loaded.settings.upstreams.find((one) => one.id === 'corp');
  assert.equal(corp?.authorization, 'Bearer very-secret-token');
  assert.equal(corp?.needsToken, true);
  assert.doesNotMatch(JSON.stringify(loaded.shown), /very-secret/);
  assert.match(JSON.stringify(loaded.shown), /redacted.*CORP_TOKEN/);
  assert.match(await refused(load(m.around()), 'CONFIG_INVALID'), /CORP_TOKEN .*is not set/);
});

test('a token written into the file is refused without being printed', async (t) => {
  const m = await machine(t);
  for (const line of ['tokenEnv: npm_AbCdEf0123456789', 'token: npm_AbCdEf0123456789']) {
    await m.write(
      'home/.config/assay/assay.yaml',
      `upstreams:\n  npm:\n    url: https://registry.example.com/\n    ${line}\n`,
    );
    const message = await refused(load(m.around()), 'CONFIG_INVALID');
    assert.doesNotMatch(message, /AbCdEf/);
  }
  await m.write(
    'home/.config/assay/assay.yaml',
    'upstreams: { npm: { url: "https://user:hunter2@registry.example.com/" } }',
  );
  assert.doesNotMatch(await refused(load(m.around()), 'CONFIG_INVALID'), /hunter2/);
});

test("an upstream is replaced as a whole: one file cannot send the other file's token elsewhere", async (t) => {
  const m = await machine(t);
  await m.write(
    'etc/assay.yaml',
    'upstreams: { npm: { url: https://npm.example.com/, tokenEnv: CORP_TOKEN } }\n',
  );
  await m.write('home/.config/assay/assay.yaml', 'upstreams: { npm: { url: https://other.example.com/ } }\n');
  const [npm] = (await load(m.around({ CORP_TOKEN: 'secret-token' }))).settings.upstreams;
  assert.deepEqual([npm?.url, npm?.authorization], ['https://other.example.com/', undefined]);
});

test('plain http needs to be allowed, except on loopback', async (t) => {
  const m = await machine(t);
  const at = async (fields: string): Promise<Loaded> => {
    await m.write('home/.config/assay/assay.yaml', `upstreams: { npm: { ${fields} } }`);
    return load(m.around());
  };
  assert.match(await refused(at('url: http://npm.example.com/'), 'CONFIG_INVALID'), /plain http/);
  assert.equal(
    (await at('url: http://npm.example.com/, allowInsecure: true')).settings.upstreams[0]?.allowInsecure,
    true,
  );
  assert.equal((await at('url: http://127.0.0.1:5000/')).settings.upstreams[0]?.allowInsecure, true);
  assert.equal((await at('url: https://npm.example.com/')).settings.upstreams[0]?.allowInsecure, false);
});

test('an upstream that is the gate itself is refused, on whatever name of it', async (t) => {
  const m = await machine(t);
  for (const url of [
    'http://127.0.0.1:4873/',
    'http://localhost:4873',
    'http://[::1]:4873/',
    // Its Secure channel.
    'http://127.0.0.1:4874/',
    'https://assay.example.com/',
  ]) {
    await m.write(
      'home/.config/assay/assay.yaml',
      `publicUrl: https://assay.example.com/\nupstreams: { npm: { url: "${url}" } }`,
    );
    await refused(load(m.around()), 'UPSTREAM_IS_ASSAY');
  }
  await m.write('home/.config/assay/assay.yaml', 'upstreams: { npm: { url: "http://127.0.0.1:4875/" } }');
  assert.equal((await load(m.around())).settings.upstreams.length, 1);
});

test('one name comes from one place: two upstreams for a scope, or two for all the rest, are refused', async (t) => {
  const m = await machine(t);
  await m.write(
    'home/.config/assay/assay.yaml',
    'upstreams: { npm: { url: https://a.example.com/ }, b: { url: https://b.example.com/ } }',
  );
  assert.match(await refused(load(m.around()), 'CONFIG_INVALID'), /both serve/);
  await m.write(
    'home/.config/assay/assay.yaml',
    'upstreams: { npm: { url: https://a.example.com/ }, b: { url: https://b.example.com/, scopes: ["@x"] }, c: { url: https://c.example.com/, scopes: ["@x"] } }',
  );
  assert.match(await refused(load(m.around()), 'CONFIG_INVALID'), /both serve @x/);
});

test('without any upstream and without npm, the error says what to do', async (t) => {
  const m = await machine(t);
  assert.match(await refused(load(m.around()), 'UPSTREAM_NOT_CONFIGURED'), /npm.*not on the PATH/);
});
