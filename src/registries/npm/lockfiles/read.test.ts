import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssayError, isAssayError } from '../../../core/errors.ts';
import { readLockfile } from './read.ts';
import type { LockedEntry } from './types.ts';

const sri = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;

/** One line an entry: source, name@version, URL, whether it has a digest. */
function lines(file: string, text: string): readonly string[] {
  return readLockfile(file, text).entries.map(shown).sort();
}

function shown({ source, name, version, url, integrity }: LockedEntry): string {
  return `${source} ${name}@${version ?? '-'} ${url ?? '-'}${integrity === undefined ? '' : ' +'}`;
}

function refused(file: string, text: string, code: 'LOCKFILE_INVALID' | 'LOCKFILE_UNSUPPORTED'): void {
  assert.throws(
    () => readLockfile(file, text),
    (error) => isAssayError(error, code),
    text.slice(0, 100),
  );
}

const npmLock = (packages: unknown, version: unknown = 3): string =>
  JSON.stringify({ name: 'x', lockfileVersion: version, packages });

test('npm: registry artifacts, aliases, workspaces, links, git, local tarballs and bundled packages are told apart', () => {
  const text = npmLock({
    '': { name: 'root' },
    'node_modules/@s/a': {
      version: '1.0.0',
      resolved: 'https://registry.example.com/@s/a/-/a-1.0.0.tgz',
      integrity: sri,
    },
    'node_modules/alias': {
      name: 'real',
      version: '7.0.0',
      resolved: 'https://registry.example.com/real/-/real-7.0.0.tgz',
      integrity: sri,
    },
    'node_modules/b': { version: '2.0.0', integrity: sri },
    'node_modules/b/node_modules/deep': { version: '3.0.0' },
    'node_modules/bundled': { version: '1.0.0', inBundle: true },
    'node_modules/g': { version: '1.0.0', resolved: 'git+ssh://git@git.example.com/x/g.git#0123' },
    'node_modules/t': { version: '1.0.0', resolved: 'file:t-1.0.0.tgz', integrity: sri },
    'node_modules/w': { resolved: 'packages/w', link: true },
    'packages/w': { version: '1.0.0' },
  });
  assert.deepEqual(lines('package-lock.json', text), [
    'git g@1.0.0 git+ssh://git@git.example.com/x/g.git#0123',
    'local bundled@1.0.0 -',
    'local packages/w@1.0.0 -',
    'local t@1.0.0 - +',
    'local w@- -',
    'registry @s/a@1.0.0 https://registry.example.com/@s/a/-/a-1.0.0.tgz +',
    'registry b@2.0.0 - +',
    'registry deep@3.0.0 -',
    'registry real@7.0.0 https://registry.example.com/real/-/real-7.0.0.tgz +',
  ]);
});

test('npm: an entry that says it is bundled, or lies outside node_modules, and has a URL is taken by its URL', () => {
  const resolved = 'https://evil.example.com/x.tgz';
  assert.deepEqual(
    lines('package-lock.json', npmLock({ 'node_modules/x': { version: '1.0.0', inBundle: true, resolved } })),
    [`registry x@1.0.0 ${resolved}`],
  );
  assert.deepEqual(lines('package-lock.json', npmLock({ x: { version: '1.0.0', resolved } })), [
    `registry x@1.0.0 ${resolved}`,
  ]);
});

test('npm: version 1 and unknown versions are refused with what to do, version 2 and a shrinkwrap are read', () => {
  refused(
    'package-lock.json',
    JSON.stringify({ lockfileVersion: 1, dependencies: {} }),
    'LOCKFILE_UNSUPPORTED',
  );
  refused('package-lock.json', JSON.stringify({ dependencies: {} }), 'LOCKFILE_UNSUPPORTED');
  refused('package-lock.json', npmLock({}, 4), 'LOCKFILE_UNSUPPORTED');
  refused('package-lock.json', '{"lockfileVersion":3}', 'LOCKFILE_INVALID');
  assert.deepEqual(lines('npm-shrinkwrap.json', npmLock({ 'node_modules/a': { version: '1.0.0' } }, 2)), [
    'registry a@1.0.0 -',
  ]);
});

test('npm: hostile keys and names are an error or a plain entry, never a prototype', () => {
  const text = `{"lockfileVersion":3,"packages":{"node_modules/__proto__":{"version":"1.0.0","__proto__":{"version":"6.6.6"}}}}`;
  assert.deepEqual(lines('package-lock.json', text), ['registry __proto__@1.0.0 -']);
  for (const key of [
    'node_modules/a b',
    'node_modules/../../etc',
    'node_modules/',
    `node_modules/${'a'.repeat(215)}`,
    'node_modules/--flag',
  ]) {
    refused('package-lock.json', npmLock({ [key]: { version: '1.0.0' } }), 'LOCKFILE_INVALID');
  }
  refused('package-lock.json', npmLock({ 'node_modules/a': { version: '1.0.0\nx' } }), 'LOCKFILE_INVALID');
  refused('package-lock.json', npmLock({ 'node_modules/a': {} }), 'LOCKFILE_INVALID');
});

const pnpm9 = `lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      a:
        specifier: 1.0.0
        version: 1.0.0

packages:

  '@s/a@4.6.0':
    resolution: {integrity: ${sri}}
    engines: {node: '>=10'}

  b@1.0.0:
    resolution: {integrity: ${sri}, tarball: https://files.example.com/b-1.0.0.tgz}

  g@https://codeload.example.com/x/g/tar.gz/0123:
    resolution: {tarball: https://codeload.example.com/x/g/tar.gz/0123}
    version: 1.2.3

  h@git+https://git.example.com/h.git#0123:
    resolution: {commit: '0123', repo: https://git.example.com/h.git, type: git}
    version: 1.0.0

  l@file:l:
    resolution: {directory: l, type: directory}

  node@runtime:26.0.0:
    resolution: {type: variations, variants: []}

snapshots:

  b@1.0.0: {}
`;

test('pnpm 9: an explicit tarball is kept, for that is where it is fetched from', () => {
  assert.deepEqual(lines('pnpm-lock.yaml', pnpm9), [
    'git h@1.0.0 https://git.example.com/h.git',
    'local l@- -',
    `registry @s/a@4.6.0 - +`,
    'registry b@1.0.0 https://files.example.com/b-1.0.0.tgz +',
    'url g@1.2.3 https://codeload.example.com/x/g/tar.gz/0123',
    'url node@- -',
  ]);
});

test('pnpm 6: keys with a slash and peers', () => {
  const text = `lockfileVersion: '6.0'\n\npackages:\n\n  /@s/a@1.0.0(b@2.0.0):\n    resolution: {integrity: ${sri}}\n    dev: true\n\n  /b@2.0.0:\n    resolution: {integrity: ${sri}}\n`;
  assert.deepEqual(lines('pnpm-lock.yaml', text), ['registry @s/a@1.0.0 - +', 'registry b@2.0.0 - +']);
});

test('pnpm: every document counts, older versions are refused, no packages is an empty list', () => {
  const first = `lockfileVersion: '9.0'\npackages:\n  tool@1.0.0:\n    resolution: {integrity: ${sri}}\n`;
  assert.deepEqual(lines('pnpm-lock.yaml', `${first}---\n${first.replace('tool', 'mine')}`), [
    'registry mine@1.0.0 - +',
    'registry tool@1.0.0 - +',
  ]);
  refused('pnpm-lock.yaml', 'lockfileVersion: 5.4\npackages: {}\n', 'LOCKFILE_UNSUPPORTED');
  assert.deepEqual(lines('pnpm-lock.yaml', "lockfileVersion: '9.0'\nimporters: {}\n"), []);
  refused('pnpm-lock.yaml', "lockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n", 'LOCKFILE_INVALID');
  refused('pnpm-lock.yaml', "lockfileVersion: '9.0'\npackages: &x\n  a@1.0.0: *x\n", 'LOCKFILE_INVALID');
  refused('pnpm-lock.yaml', '['.repeat(200_000), 'LOCKFILE_INVALID');
});

const berry = `# This file is generated by running "yarn install" inside your project.

__metadata:
  version: 10
  cacheKey: 10c0

"@s/is@npm:4.6.0":
  version: 4.6.0
  resolution: "@s/is@npm:4.6.0"
  checksum: 10c0/33b6
  languageName: node
  linkType: hard

"alias@npm:real@7.0.0":
  version: 7.0.0
  resolution: "real@npm:7.0.0"
  languageName: node
  linkType: hard

"cdn@npm:^1.0.0":
  version: 1.0.0
  resolution: "cdn@npm:1.0.0::__archiveUrl=https%3A%2F%2Ffiles.example.com%2Fcdn-1.0.0.tgz"
  linkType: hard

"g@https://git.example.com/g.git#commit=0123":
  version: 1.0.0
  resolution: "g@https://git.example.com/g.git#commit=0123"
  linkType: hard

"loc@file:./loc::locator=root%40workspace%3A.":
  version: 2.0.0
  resolution: "loc@file:./loc#./loc::hash=6934ca&locator=root%40workspace%3A."
  linkType: hard

"patched@patch:patched@npm%3A1.0.0#./p.patch":
  version: 1.0.0
  resolution: "patched@patch:patched@npm%3A1.0.0#./p.patch::version=1.0.0&hash=aa"
  linkType: hard

"root@workspace:.":
  version: 0.0.0-use.local
  resolution: "root@workspace:."
  linkType: soft

"tg@https://files.example.com/tg.tgz":
  version: 1.3.0
  resolution: "tg@https://files.example.com/tg.tgz"
  linkType: hard
`;

test('Yarn Berry: resolutions, archive URLs, patches and workspaces', () => {
  assert.deepEqual(lines('yarn.lock', berry), [
    'git g@1.0.0 https://git.example.com/g.git#commit=0123',
    'local loc@2.0.0 -',
    'local patched@1.0.0 -',
    'local root@- -',
    'registry @s/is@4.6.0 -',
    'registry cdn@1.0.0 https://files.example.com/cdn-1.0.0.tgz',
    'registry real@7.0.0 -',
    'url tg@1.3.0 https://files.example.com/tg.tgz',
  ]);
});

const classic = `# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@s/is@4.6.0", "@s/is@^4.0.0":
  version "4.6.0"
  resolved "https://registry.example.com/@s/is/-/is-4.6.0.tgz#3c7c9c46e678feefe7a2e5bb609d3dbd665ffb3f"
  integrity ${sri}

"alias@npm:real@7.0.0":
  version "7.0.0"
  resolved "https://registry.example.com/real/-/real-7.0.0.tgz#7535345b896734d5f80c4d06c50955527a14f12b"
  integrity ${sri}

is-odd@3.0.1, is-odd@^3.0.0:
  version "3.0.1"
  resolved "https://registry.example.com/is-odd/-/is-odd-3.0.1.tgz#65101baf3727d728b66fa62f50cda7f2d3989601"
  dependencies:
    is-number "^6.0.0"
    "@s/is" "^4.0.0"
  optionalDependencies:
    fsevents "^2"

"g@git+https://git.example.com/g.git":
  version "1.0.0"
  resolved "git+https://git.example.com/g.git#0123456789"

"loc@file:./loc":
  version "2.0.0"

"tg@https://files.example.com/tg.tgz":
  version "1.3.0"
  resolved "https://files.example.com/tg.tgz#5b8a3a7765dfe001261dde915589e782f8c94d1e"
`;

test('Yarn 1: resolved URLs, aliases, SHA-1 where nothing better is locked', () => {
  assert.deepEqual(lines('yarn.lock', classic), [
    'git g@1.0.0 git+https://git.example.com/g.git',
    'local loc@2.0.0 -',
    'registry @s/is@4.6.0 https://registry.example.com/@s/is/-/is-4.6.0.tgz +',
    'registry is-odd@3.0.1 https://registry.example.com/is-odd/-/is-odd-3.0.1.tgz +',
    'registry real@7.0.0 https://registry.example.com/real/-/real-7.0.0.tgz +',
    'url tg@1.3.0 https://files.example.com/tg.tgz +',
  ]);
  const odd = readLockfile('yarn.lock', classic).entries.find((entry) => entry.name === 'is-odd');
  assert.equal(odd?.integrity, 'sha1-ZRAbrzcn1yi2b6YvUM2n8tOYlgE=');
});

test('Yarn 1: a merge conflict, a stray line or a repeated field is an error, not a gap', () => {
  const head = '# yarn lockfile v1\n\n';
  for (const body of [
    '<<<<<<< HEAD\n',
    '  version "1.0.0"\n',
    'a@1:\n  version "1.0.0"\n  version "2.0.0"\n',
    'a@1:\n  version\n',
    'a@1\n',
    'a@1:\n  version "1.0.0\n',
  ]) {
    refused('yarn.lock', head + body, 'LOCKFILE_INVALID');
  }
  refused('yarn.lock', 'a@1:\n  version "1.0.0"\n', 'LOCKFILE_INVALID');
});

const bun = `{
  "lockfileVersion": 1,
  // a comment, with "quotes" and , commas
  "workspaces": { "": { "name": "root", "dependencies": { "a": "1", }, }, },
  "packages": {
    "@s/is": ["@s/is@4.6.0", "", {}, "${sri}"],

    "alias": ["real@7.0.0", "", { "bin": { "x": "y,]" } }, "${sri}"],

    "cdn": ["cdn@1.0.0", "https://files.example.com/cdn-1.0.0.tgz", {}, "${sri}"],

    "g": ["g@github:x/g#0123", {}, "x-g-0123"],

    "loc": ["loc@file:loc", {}],

    "tar": ["tar@vendor/deep/tar-1.0.0.tgz", {}, "${sri}"],

    "tar2": ["tar2@vendor/tar.tar.gz", {}, "${sri}"],

    "tg": ["tg@https://files.example.com/tg.tgz", {}, "${sri}"], /* another */

    "w": ["w@workspace:packages/w"],
  },
}
`;

test('bun.lock: the registry field, other sources, trailing commas and comments', () => {
  assert.deepEqual(lines('bun.lock', bun), [
    'git g@- github:x/g#0123',
    'local loc@- -',
    'local tar2@- - +',
    'local tar@- - +',
    'local w@- -',
    'registry @s/is@4.6.0 - +',
    'registry cdn@1.0.0 https://files.example.com/cdn-1.0.0.tgz +',
    'registry real@7.0.0 - +',
    'url tg@- https://files.example.com/tg.tgz +',
  ]);
  refused('bun.lockb', 'binary', 'LOCKFILE_UNSUPPORTED');
  refused('bun.lock', '{"lockfileVersion": 9}', 'LOCKFILE_UNSUPPORTED');
  refused('bun.lock', '{"lockfileVersion":1,"packages":{"a":["a@1.0.0",{}]}}', 'LOCKFILE_INVALID');
  refused('bun.lock', '{"lockfileVersion":1,"packages":{"a":7}}', 'LOCKFILE_INVALID');
});

test('a lockfile under another name is known by what it says', () => {
  assert.equal(readLockfile('my.lock', pnpm9).format, 'pnpm');
  assert.equal(readLockfile('my.lock', berry).format, 'yarn-berry');
  assert.equal(readLockfile('my.lock', classic).format, 'yarn-classic');
  assert.equal(readLockfile('my.lock', npmLock({})).format, 'npm');
  refused('my.lock', 'hello', 'LOCKFILE_UNSUPPORTED');
});

test('any text, and any text of the format cut and changed, is read or refused by name', () => {
  const seeds: readonly (readonly [string, string])[] = [
    [
      'package-lock.json',
      npmLock({ 'node_modules/a': { version: '1.0.0', resolved: 'https://registry.example.com/a.tgz' } }),
    ],
    ['pnpm-lock.yaml', pnpm9],
    ['yarn.lock', berry],
    ['yarn.lock', classic],
    ['bun.lock', bun],
  ];
  const changed = fc.record({
    seed: fc.constantFrom(...seeds),
    at: fc.nat(),
    drop: fc.nat({ max: 20 }),
    insert: fc.string({ maxLength: 8 }),
  });
  fc.assert(
    fc.property(changed, ({ seed: [file, text], at, drop, insert }) => {
      const start = at % text.length;
      const hostile = text.slice(0, start) + insert + text.slice(start + drop);
      try {
        for (const entry of readLockfile(file, hostile).entries) {
          assert.ok(entry.source !== 'registry' || entry.version !== undefined);
        }
      } catch (error) {
        assert.ok(error instanceof AssayError && error.code.startsWith('LOCKFILE_'), String(error));
      }
    }),
    { numRuns: 600 },
  );
});
