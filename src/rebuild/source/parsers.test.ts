/** What strangers write: repository fields, tags, manifests, addresses of archives; and tar, as it is written here. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { archiveIdentity } from './judge.ts';
import { manifestOrder, readManifestName } from './package-folder.ts';
import { folderPath, isFolderPath, repositoryOfOperator, repositoryOfPackage } from './repository-url.ts';
import { tarEnd, tarEntry, type TarEntry } from './tar.ts';
import { isObjectName, isTagName, tagNames } from './tag-names.ts';

const name40 = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));

describe('the repository that a package names', () => {
  it('is https, in every form that npm reads', () => {
    const same = 'https://github.com/acme/thing';
    for (const text of [
      'acme/thing',
      'github:acme/thing',
      'https://github.com/acme/thing',
      'http://github.com/acme/thing.git',
      'git://github.com/acme/thing.git#v1',
      'git+https://github.com/acme/thing.git',
      'git+ssh://git@github.com/acme/thing.git',
      'ssh://git@github.com:22/acme/thing.git',
      'git@github.com:acme/thing.git',
      'https://user:secret@GitHub.com/acme/thing/',
      'https://github.com/acme/thing#readme',
    ])
      assert.equal(repositoryOfPackage(text)?.url, same, text);
    const folder = repositoryOfPackage('https://github.com/acme/thing/tree/main/packages/x');
    assert.deepEqual([folder?.url, folder?.directory], [same, 'packages/x']);
    const given = repositoryOfPackage({ type: 'git', url: `git+${same}.git`, directory: './packages/y/' });
    assert.equal(given?.directory, 'packages/y');
    assert.equal(
      repositoryOfPackage('https://git.example.com:8443/a/b/c.git')?.url,
      'https://git.example.com:8443/a/b/c',
    );
    assert.equal(repositoryOfPackage('gitlab:a/b')?.url.endsWith('/a/b'), true);
  });

  it('is none for what leads elsewhere, or can be read in two ways', () => {
    for (const text of [
      'file:///etc/passwd',
      '/srv/git/x',
      '../x/y',
      '-oProxyCommand=x/y',
      '--upload-pack=touch/x',
      'ext::sh -c touch% /tmp/x',
      'https://git.example.com/../../x',
      'https://git.example.com/a/%2e%2e/b',
      'https://git.example.com/a?b=c',
      'https://git.example.com\\@evil.example.com/a',
      'https://git.example.com/a b',
      'https://git.example.com:99999/a',
      'https:///a/b',
      'ftp://git.example.com/a',
      'https://git.example.com/a\n/b',
      'gist:1234',
      '',
      'x'.repeat(5000),
    ])
      assert.equal(repositoryOfPackage(text), undefined, text);
    for (const field of [undefined, null, 3, [], {}, { url: 3 }])
      assert.equal(repositoryOfPackage(field), undefined);
  });

  it('never becomes anything but https with a plain host and path, whatever is written', () => {
    const parts = fc.array(
      fc.constantFrom(
        'git',
        '+',
        'https',
        '://',
        'ssh',
        'file',
        '@',
        ':',
        '/',
        '..',
        '.',
        '-',
        '--x',
        'a',
        'github',
        '.git',
        '#',
        '?',
        '%2f',
        '\\',
        ' ',
        '\n',
        '\0',
        'é',
        '[::1]',
        '127.0.0.1',
        '443',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          parts.map((all) => all.join('')),
          fc.webUrl(),
        ),
        (text) => {
          const found = repositoryOfPackage(text);
          if (found === undefined) return;
          assert.match(
            found.url,
            /^https:\/\/[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:\/[A-Za-z0-9_.~+-]{1,100}){1,10}$/,
          );
          assert.equal(new URL(found.url).href.toLowerCase(), found.url.toLowerCase());
          assert.ok(found.remote.kind === 'https' && new URL(found.url).hostname === found.remote.host);
          assert.deepEqual(repositoryOfPackage(found.url)?.url, found.url);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('may be a file or ssh for an operator, and still no option', () => {
    assert.deepEqual(repositoryOfOperator('file:///srv/git/x.git')?.remote, {
      kind: 'file',
      path: '/srv/git/x.git',
    });
    const ssh = repositoryOfOperator('ssh://git@git.example.com:2222/a/b.git');
    assert.deepEqual(ssh?.remote, {
      kind: 'ssh',
      url: 'ssh://git@git.example.com:2222/a/b.git',
      host: 'git.example.com',
      port: 2222,
    });
    for (const text of [
      'ssh://-oProxyCommand=x/a',
      'ssh://-x@git.example.com/a',
      'ssh://git.example.com/-x y',
      'file://host/x',
      'file:///',
      'file:///a%00b',
      'file:///a?x',
      'ext::x',
      'git@git.example.com:a',
    ])
      assert.equal(repositoryOfOperator(text), undefined, text);
  });
});

describe('folders, tags and names of objects', () => {
  it('are taken only in their plain form', () => {
    for (const path of ['../x', 'a/../b', 'a//b', '.git', 'a/.GIT/b', 'a\\b', 'a\nb', './'])
      assert.equal(isFolderPath(path), false, path);
    assert.equal(folderPath('/packages/x/'), 'packages/x');
    for (const text of ['', '.', './', '/', undefined]) assert.equal(folderPath(text), undefined);
    fc.assert(fc.property(fc.string(), (text) => assert.ok(isFolderPath(folderPath(text) ?? ''))));
    for (const text of ['', 'a'.repeat(39), 'A'.repeat(40), '0'.repeat(40), 'a'.repeat(41), 7, null])
      assert.equal(isObjectName(text), false);
  });

  it('of a version are such as git takes, the package’s own before the plain ones', () => {
    const names = tagNames('@acme/thing', '1.2.3');
    assert.deepEqual(names.slice(0, 2), ['@acme/thing@1.2.3', '@acme/thing@v1.2.3']);
    for (const one of ['thing@1.2.3', 'thing-v1.2.3', 'thing/v1.2.3', 'v1.2.3', '1.2.3', 'release-1.2.3'])
      assert.ok(names.includes(one), one);
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, version) => {
        for (const one of tagNames(name, version))
          assert.ok(isTagName(one) && !one.startsWith('-') && !one.includes('..'));
      }),
    );
    for (const tag of ['a..b', 'a b', '-x', 'a.lock', '.a', 'a^{}', 'a~1', 'a:b', 'a\nb', '@'])
      assert.equal(isTagName(tag), false, tag);
  });
});

describe('manifests and archives', () => {
  it('are asked for where the package says, then at the top, then where monorepos have them', () => {
    const paths = [
      'z/package.json',
      'node_modules/x/package.json',
      'packages/thing/package.json',
      'package.json',
      'a/b/package.json',
    ];
    assert.deepEqual(manifestOrder('@acme/thing', 'a/b', paths, 10), [
      'a/b/package.json',
      'package.json',
      'packages/thing/package.json',
      'z/package.json',
    ]);
    assert.equal(manifestOrder('x', undefined, paths, 2).length, 2);
    assert.deepEqual(readManifestName(Buffer.from('\ufeff{"name":"a","version":1}')), {
      name: 'a',
      version: undefined,
      isPrivate: false,
    });
    assert.deepEqual(readManifestName(Buffer.from('{"__proto__":{"name":"evil"}}')), {
      name: undefined,
      version: undefined,
      isPrivate: false,
    });
    for (const text of ['[]', 'null', '{', '']) assert.equal(readManifestName(Buffer.from(text)), undefined);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => void readManifestName(bytes)));
  });

  it('of one place are known again at the next version, and of another are not', () => {
    const of = (version: string) =>
      archiveIdentity(`https://files.example.com/pool/1.2/thing_${version}.orig.tar.gz?x#y`, version);
    assert.equal(of('1.2.3'), 'https://files.example.com/pool/1.2/thing_{version}.orig.tar.gz');
    assert.equal(of('1.2.3'), of('10.0.0-rc.1').replace('{version}', '{version}'));
    assert.equal(
      archiveIdentity('https://1.example.com/a-11.1.tar', '1'),
      'https://1.example.com/a-11.1.tar',
    );
    fc.assert(fc.property(fc.string(), fc.string(), (url, version) => void archiveIdentity(url, version)));
  });

  it('are written so that tar reads back what was put in, whatever the names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-tar-'));
    const segment = fc.string({
      unit: fc.constantFrom('a', 'é', '☃', ' ', '-', '=', 'x'.repeat(30)),
      minLength: 1,
      maxLength: 8,
    });
    try {
      fc.assert(
        fc.property(
          fc.array(segment, { minLength: 1, maxLength: 6 }),
          fc.uint8Array({ maxLength: 1500 }),
          (parts, bytes) => {
            const path = `source/${parts.join('/')}`;
            const entry: TarEntry = { kind: 'file', path, bytes };
            const archive = Buffer.concat([tarEntry(entry, 1_700_000_000), tarEnd]);
            assert.equal(archive.length % 512, 0);
            const listed = execFileSync('tar', ['-t', '--quoting-style=literal'], {
              input: archive,
              encoding: 'utf8',
            });
            assert.equal(listed, `${path}\n`);
            assert.deepEqual(new Uint8Array(execFileSync('tar', ['-x', '-O'], { input: archive })), bytes);
          },
        ),
        { numRuns: 40 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('names of commits', () => {
  it('are all that is taken for one', () => {
    fc.assert(fc.property(name40, (name) => assert.equal(isObjectName(name), !/^0+$/.test(name))));
  });
});
