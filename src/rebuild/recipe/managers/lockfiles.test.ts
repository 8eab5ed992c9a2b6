import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { registryUrl } from '../registry/paths.ts';
import { saysLockfileUnfit } from './managers.ts';
import { placeNpmLock } from './npm-lock.ts';
import { placeBunLock } from './bun-lock.ts';
import { placePnpmLock } from './pnpm-lock.ts';
import { placeYarnBerryLock } from './yarn-berry-lock.ts';
import { placeYarnClassicLock } from './yarn-classic-lock.ts';

const elsewhere = 'https://registry.example.com';
const integrity = `sha512-${'A'.repeat(86)}==`;

function npmLock(packages: Record<string, unknown>): string {
  return JSON.stringify({ name: 'x', lockfileVersion: 3, packages });
}

function resolvedIn(text: string, key: string): unknown {
  const { packages } = JSON.parse(text) as { packages: Record<string, { resolved?: string }> };
  return packages[key]?.resolved;
}

describe('a package-lock.json', () => {
  it('names the build’s own registry for each tarball, by name and version', () => {
    const { text, refused } = placeNpmLock(
      npmLock({
        '': { name: 'x' },
        'node_modules/a': { version: '1.0.0', resolved: `${elsewhere}/a/-/a-1.0.0.tgz`, integrity },
        'node_modules/a/node_modules/@s/b': { version: '2.0.0', resolved: `${elsewhere}/@s/b/-/b-2.0.0.tgz` },
        'node_modules/alias': {
          name: 'real',
          version: '3.0.0',
          resolved: 'https://cdn.example.com/x',
          integrity,
        },
        'packages/p': { version: '1.0.0' },
        'node_modules/p': { resolved: 'packages/p', link: true },
      }),
    );
    assert.deepEqual(refused, []);
    assert.equal(resolvedIn(text, 'node_modules/a'), `${registryUrl}a/-/a-1.0.0.tgz`);
    assert.equal(resolvedIn(text, 'node_modules/a/node_modules/@s/b'), `${registryUrl}@s/b/-/b-2.0.0.tgz`);
    assert.equal(resolvedIn(text, 'node_modules/alias'), `${registryUrl}real/-/real-3.0.0.tgz`);
    assert.equal(resolvedIn(text, 'node_modules/p'), 'packages/p');
    assert.doesNotMatch(text, /example\.com/);
  });

  it('is placed once: a second time nothing changes', () => {
    const lock = npmLock({
      'node_modules/a': { version: '1.0.0', resolved: `${elsewhere}/a/-/a-1.0.0.tgz` },
    });
    const once = placeNpmLock(lock);
    assert.deepEqual(placeNpmLock(once.text), once);
  });

  it('is refused for git, and for a URL that no digest and no registry stands behind', () => {
    for (const resolved of [
      'git+ssh://git@example.com/a/b.git#abc',
      'https://example.com/a.tgz',
      `${elsewhere}/other/-/other-1.0.0.tgz`,
      `${elsewhere}/a/-/a-6.6.6.tgz`,
    ]) {
      const { refused } = placeNpmLock(npmLock({ 'node_modules/a': { version: '1.0.0', resolved } }));
      assert.equal(refused.length, 1, resolved);
    }
  });

  it('of version 1 is read in depth, aliases and git too', () => {
    const { text, refused } = placeNpmLock(
      JSON.stringify({
        lockfileVersion: 1,
        dependencies: {
          a: {
            version: '1.0.0',
            resolved: `${elsewhere}/a/-/a-1.0.0.tgz`,
            dependencies: { b: { version: 'npm:real@2.0.0', resolved: 'https://x.example/r', integrity } },
          },
          g: { version: 'git+https://example.com/g.git#abc', from: 'g' },
          l: { version: 'file:packages/l' },
        },
      }),
    );
    assert.match(text, /npm\/real\/-\/real-2\.0\.0\.tgz/);
    assert.match(text, /npm\/a\/-\/a-1\.0\.0\.tgz/);
    assert.equal(refused.length, 1);
    assert.match(refused[0] ?? '', /^g comes from git/);
  });
});

describe('a yarn.lock of Yarn 1', () => {
  const block = (header: string, resolved: string, more = ''): string =>
    `${header}:\n  version "1.0.0"\n  resolved "${resolved}"\n${more}\n`;

  it('names the build’s own registry, its SHA-1 kept', () => {
    const sha1 = 'b'.repeat(40);
    const text = [
      '# yarn lockfile v1\n\n',
      block('"@s/a@^1.0.0", "@s/a@^1.0.1"', `${elsewhere}/@s/a/-/a-1.0.0.tgz#${sha1}`),
      block('alias@npm:real@^1', `https://cdn.example.com/real.tgz`, `  integrity ${integrity}\n`),
      block('"b@>=1"', `${elsewhere}/b/-/b-1.0.0.tgz`),
    ].join('');
    const { text: placedText, refused } = placeYarnClassicLock(text);
    assert.deepEqual(refused, []);
    const places = [...placedText.matchAll(/resolved "([^"]+)"/g)].map(([, url]) => url);
    assert.deepEqual(places, [
      `${registryUrl}@s/a/-/a-1.0.0.tgz#${sha1}`,
      `${registryUrl}real/-/real-1.0.0.tgz`,
      `${registryUrl}b/-/b-1.0.0.tgz`,
    ]);
  });

  it('is refused for git and for a bare URL', () => {
    const git = block('"g@git+https://example.com/g.git"', 'git+https://example.com/g.git#abc');
    const url = block('"u@https://example.com/u.tgz"', 'https://example.com/u.tgz');
    assert.equal(placeYarnClassicLock(git).refused.length, 1);
    assert.equal(placeYarnClassicLock(url).refused.length, 1);
  });
});

describe('a pnpm-lock.yaml', () => {
  it('stays as it is where it names no place, and names the build’s registry where it does', () => {
    const plain = `lockfileVersion: '9.0'\n\npackages:\n\n  '@s/a@1.0.0':\n    resolution: {integrity: ${integrity}}\n`;
    assert.deepEqual(placePnpmLock(plain), { text: plain, refused: [] });
    const placedText = placePnpmLock(
      `packages:\n\n  /b@2.0.0(c@1.0.0):\n    resolution: {integrity: ${integrity}, tarball: https://cdn.example.com/b.tgz}\n`,
    );
    assert.deepEqual(placedText.refused, []);
    assert.match(placedText.text, /tarball: http:\/\/127\.0\.0\.1:3128\/npm\/b\/-\/b-2\.0\.0\.tgz\}/);
  });

  it('is refused for git and for a tarball without integrity', () => {
    const git = `packages:\n\n  g@https://x.example/g/tar.gz/abc:\n    resolution: {tarball: https://x.example/g/tar.gz/abc}\n`;
    const repo = `packages:\n\n  g@1:\n    resolution: {type: git, repo: https://x.example/g.git, commit: abc}\n`;
    assert.equal(placePnpmLock(git).refused.length, 1);
    assert.equal(placePnpmLock(repo).refused.length, 1);
  });
});

describe('a bun.lock', () => {
  const lock = (packages: string): string =>
    `{\n  "lockfileVersion": 1,\n  "workspaces": { "": { "name": "x", }, },\n  "packages": {\n${packages}  }\n}\n`;
  const entry = (key: string, first: string, url?: string, digest = integrity): string =>
    `    ${JSON.stringify(key)}: [${JSON.stringify(first)}, ${url === undefined ? '' : `${JSON.stringify(url)}, `}{ "dependencies": { "b": "^1", }, }, "${digest}"],\n`;

  it('names the build’s own registry, where it names one at all', () => {
    const given = [
      entry('a', 'a@1.0.0', ''),
      entry('@s/b', '@s/b@2.0.0', `${elsewhere}/@s/b/-/b-2.0.0.tgz`),
      entry('p', 'p@workspace:packages/p'),
      entry('odd', 'odd@1.0.0", ],}', ''),
    ];
    const { text, refused } = placeBunLock(lock(given.slice(0, 3).join('')));
    assert.deepEqual(refused, []);
    const { packages } = JSON.parse(text) as { packages: Record<string, readonly unknown[]> };
    assert.equal(packages['a']?.[1], '');
    assert.equal(packages['@s/b']?.[1], `${registryUrl}@s/b/-/b-2.0.0.tgz`);
    assert.deepEqual(placeBunLock(text), { text, refused: [] });
    assert.equal(placeBunLock(lock(given.join(''))).refused.length, 1);
  });

  it('is refused for git, for a bare URL and for a package without a digest', () => {
    const bad = [
      entry('g', 'g@github:a/g#abc'),
      entry('g', 'g@git+ssh://git@example.com/g.git#abc', 'git+ssh://git@example.com/g.git#abc'),
      entry('u', 'u@https://example.com/u.tgz'),
      entry('n', 'n@1.0.0', '', 'sha1-x'),
      entry('n', 'n@../x', ''),
      '    "x": "x@1.0.0",\n',
    ];
    for (const one of bad) assert.equal(placeBunLock(lock(one)).refused.length, 1, one);
    for (const broken of ['', '[', '[]', 'null']) assert.throws(() => placeBunLock(broken), broken);
  });

  it('leaves no other address, whatever it holds', () => {
    const item = fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('a@1.0.0', '', integrity, 'a@file:x'));
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.array(item, { maxLength: 4 }), { maxKeys: 4 }),
        (packages) => {
          const { text, refused } = placeBunLock(JSON.stringify({ lockfileVersion: 1, packages }));
          if (refused.length > 0) return;
          const placed = JSON.parse(text) as { packages: Record<string, readonly string[]> };
          for (const [first = '', url = ''] of Object.values(placed.packages))
            assert.ok(
              /@(?:workspace|file|link|root):/.test(first) || url === '' || url.startsWith(registryUrl),
            );
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a yarn.lock of Yarn 2 and later', () => {
  it('is refused for what is no package of a registry', () => {
    const entry = (resolution: string): string => `"x@1":\n  version: 1.0.0\n  resolution: "${resolution}"\n`;
    const fine = [
      'x@npm:1.0.0',
      '@s/x@npm:1.0.0',
      'x@workspace:.',
      'typescript@patch:typescript@npm%3A4.6.3#~builtin',
    ];
    const wrong = [
      'x@https://example.com/x.tgz',
      'x@https://example.com/x.git#commit=abc',
      'x@npm:1.0.0::__archiveUrl=https%3A%2F%2Fx',
      'x@git@example.com:x.git',
    ];
    for (const one of fine) assert.deepEqual(placeYarnBerryLock(entry(one)).refused, [], one);
    for (const one of wrong) assert.equal(placeYarnBerryLock(entry(one)).refused.length, 1, one);
  });
});

describe('a hostile lockfile', () => {
  it('leaves no address but the build’s own, or is refused', () => {
    const url = fc.oneof(
      fc.webUrl(),
      fc.constant('git://x.example/a'),
      fc.constant('http://127.0.0.1:3128/npm/../x'),
    );
    const entry = fc.record(
      {
        version: fc.oneof(fc.constant('1.0.0'), fc.string()),
        resolved: url,
        integrity: fc.constant(integrity),
      },
      { requiredKeys: ['version', 'resolved'] },
    );
    const key = fc.oneof(fc.constant('node_modules/a'), fc.string());
    fc.assert(
      fc.property(fc.dictionary(key, entry, { maxKeys: 5 }), (packages) => {
        const { text, refused } = placeNpmLock(npmLock(packages));
        if (refused.length > 0) return;
        for (const name of Object.keys(packages)) {
          assert.ok(String(resolvedIn(text, name)).startsWith(registryUrl), name);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it('knows the words in which each package manager says that a lockfile does not fit, and no others', () => {
  const said = [
    'npm ERR! cipm can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync.',
    'npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update',
    ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with package.json',
    'error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.',
    'YN0028: The lockfile would have been modified by this install, which is explicitly forbidden.',
    'error: lockfile had changes, but lockfile is frozen',
  ];
  for (const line of said) assert.ok(saysLockfileUnfit(`a\n${line}\nb`), line);
  for (const line of ['', 'npm error 404 not found', 'npm error code ERESOLVE', 'the lockfile was updated'])
    assert.equal(saysLockfileUnfit(line), false, line);
});
