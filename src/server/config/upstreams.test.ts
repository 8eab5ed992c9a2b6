import assert from 'node:assert/strict';
import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAssayError } from '../../core/errors.ts';
import type { Env, Surroundings } from './surroundings.ts';
import { load, machine, refused, where, type Machine } from './testing/machine.ts';

/** An npm that answers `config ls --json` and `config get registry` from two files. */
async function fakeNpm(m: Machine, config: Readonly<Record<string, unknown>>): Promise<void> {
  await m.write('npm-config.json', JSON.stringify(config));
  const script = `#!/bin/sh\nif [ "$2" = ls ]; then cat '${join(m.root, 'npm-config.json')}'; else echo https://registry.example.com/; fi\npwd >> '${join(m.root, 'asked')}'\nenv >> '${join(m.root, 'npm-env')}'\n`;
  const path = await m.write('bin/npm', script);
  await chmod(path, 0o755);
}

const withShell = (m: Machine, env: Env = {}): Surroundings =>
  m.around({ PATH: `${join(m.root, 'bin')}:/usr/bin:/bin`, ...env });

test("the machine's npm names the upstreams; they are stored once, closed to others, without secrets", async (t) => {
  const m = await machine(t);
  const npmrc = await m.write('home/.npmrc', '//npm.example.com/:_authToken=${CORP_TOKEN}\n');
  await fakeNpm(m, {
    registry: 'https://registry.example.com/',
    '@corp:registry': 'https://npm.example.com/x/',
    userconfig: npmrc,
  });
  const around = withShell(m, {
    CORP_TOKEN: 'very-secret-token',
    npm_lifecycle_event: 'start',
    npm_config_registry: 'https://evil.example.com/',
  });
  const data = join(m.root, 'data');
  const loaded = await load(around, { flags: { data }, upstreams: 'store' });
  assert.deepEqual(
    loaded.settings.upstreams.map((one) => [one.id, one.url, one.scopes, one.authorization, one.needsToken]),
    [
      ['npm', 'https://registry.example.com/', [], undefined, false],
      ['npm-corp', 'https://npm.example.com/x/', ['@corp'], 'Bearer very-secret-token', true],
    ],
  );
  const file = join(data, 'upstreams.json');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(data)).mode & 0o777, 0o700);
  assert.doesNotMatch(await readFile(file, 'utf8'), /very-secret/);
  assert.doesNotMatch(
    await readFile(join(m.root, 'npm-env'), 'utf8'),
    /evil/,
    "a surrounding npm's settings are not passed on",
  );
  assert.doesNotMatch(
    await readFile(join(m.root, 'asked'), 'utf8'),
    /cwd/,
    'npm is not asked in the working directory',
  );

  await fakeNpm(m, { registry: 'https://changed.example.com/', userconfig: npmrc });
  const again = await load(around, { flags: { data }, upstreams: 'store' });
  assert.deepEqual(
    again.settings.upstreams.map((one) => one.url),
    loaded.settings.upstreams.map((one) => one.url),
  );
  assert.match(where(again, 'upstreams.npm.url') ?? '', /stored/);
  const refreshed = await load(around, { flags: { data }, upstreams: 'refresh' });
  assert.deepEqual(
    refreshed.settings.upstreams.map((one) => one.url),
    ['https://changed.example.com/'],
  );
});

test("the public default is used without the person's publishing token; any other registry with its credentials", async (t) => {
  const m = await machine(t);
  const npmrc = await m.write(
    'home/.npmrc',
    '//registry.example.com/:_authToken=publish\n//mirror.example.com/:_authToken=mirror\n',
  );
  await fakeNpm(m, { registry: 'https://registry.example.com/', userconfig: npmrc });
  assert.deepEqual(
    (await load(withShell(m))).settings.upstreams.map((one) => [one.authorization, one.allowInsecure]),
    [[undefined, false]],
  );
  await fakeNpm(m, { registry: 'https://mirror.example.com/npm/', userconfig: npmrc });
  assert.deepEqual(
    (await load(withShell(m))).settings.upstreams.map((one) => [one.authorization, one.allowInsecure]),
    [['Bearer mirror', true]],
  );
});

test('npm that points at the gate: the stored upstream stays; without one it is an error, never a loop', async (t) => {
  const m = await machine(t);
  const data = join(m.root, 'data');
  await fakeNpm(m, { registry: 'https://mirror.example.com/' });
  await load(withShell(m), { flags: { data }, upstreams: 'store' });
  await fakeNpm(m, { registry: 'http://localhost:4873/' });
  const refreshed = await load(withShell(m), { flags: { data }, upstreams: 'refresh' });
  assert.equal(refreshed.settings.upstreams[0]?.url, 'https://mirror.example.com/');
  await refused(load(withShell(m)), 'UPSTREAM_IS_ASSAY');
});

test('npm that hangs, fails or prints nonsense is an error with a name', async (t) => {
  const m = await machine(t);
  for (const body of ['exit 3', 'echo not-json', 'echo "[]"']) {
    const path = await m.write('bin/npm', `#!/bin/sh\n${body}\n`);
    await chmod(path, 0o755);
    await assert.rejects(load(withShell(m)), (error) => isAssayError(error, 'PACKAGE_MANAGER_FAILED'), body);
  }
});
