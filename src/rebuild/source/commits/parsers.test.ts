/** What commits, git and manifests say: hostile texts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isObjectName } from '../tag-names.ts';
import { lineageOf } from './lineage.ts';
import { idOf, plainName, readEarlierPeople, readPeople } from './people.ts';
import { askReviews, reviewsAsked } from './reviews.ts';
import { filesRunAtInstall, isRunAtInstall, scriptsChanged, sensitivePath } from './sensitive.ts';
import { readTouched } from './touched.ts';
import { sameButVersion, toCompare } from './version-only.ts';

const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];

describe('people of a commit', () => {
  const commit = (...lines: readonly string[]): Buffer =>
    Buffer.from(`${lines.join('\n')}\n\nauthor E <e> 1 +0000\n`);

  it('are those of its header, and never of its message', () => {
    const people = readPeople(
      commit(
        `tree ${a}`,
        `parent ${b}`,
        'author Ann Lee <Ann@Example.com> 1700000000 +0100',
        'committer Forge <noreply@forge.example.com> 1700000001 +0000',
        'gpgsig -----BEGIN SSH SIGNATURE-----',
        ' parent x',
        ' -----END SSH SIGNATURE-----',
      ),
    );
    assert.deepEqual(people, {
      author: { name: 'Ann Lee', id: idOf('ann@example.com'), at: 1_700_000_000, isForge: false },
      committer: { name: 'Forge', id: idOf('noreply@forge.example.com'), at: 1_700_000_001, isForge: true },
      parents: [b],
      signed: true,
    });
    assert.equal(readPeople(commit(`tree ${a}`, 'author Ann 1 +0000', 'committer C <c> 1 +0000')), undefined);
    assert.equal(readPeople(commit(`tree ${a}`, 'committer C <c> 1 +0000')), undefined);
    assert.equal(readPeople(Buffer.from('')), undefined);
  });

  it('have names that hold nothing but text, and ids that hold no address', () => {
    assert.equal(plainName(' x\u001b[31m\u202ey\n'), 'x [31m y');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.string(), (name, address) => {
        const bytes = Buffer.from(
          `tree ${a}\nauthor ${name} <${address}> 1 +0000\ncommitter ${name} <x> 1 +0000\n\n`,
        );
        const people = readPeople(bytes);
        if (people === undefined) return;
        assert.match(people.author.id, /^[0-9a-f]{16}$/);
        assert.ok(people.author.name.isWellFormed() && people.author.name.length <= 80);
        assert.doesNotMatch(people.author.name, /[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  it('who were there before are read line by line, and nothing else is', () => {
    const { ids, names } = readEarlierPeople('Ann@Example.com\0Ann  LEE\0c@example.com\0C\nnonsense\n\0\n');
    assert.deepEqual([...ids], [idOf('ann@example.com'), idOf('c@example.com')]);
    assert.deepEqual([...names], ['ann lee', 'c']);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const id of readEarlierPeople(text).ids) assert.match(id, /^[0-9a-f]{16}$/);
      }),
    );
  });
});

describe('what commits touched', () => {
  const entry = (path: string): string => `:100644 100644 ${a} ${b} M\0${path}\0`;
  const end = 'end\0';

  it('is told by commit; a path of forty hex digits is a path, and so is one that is named as the end', () => {
    const text = `${a}\0${entry('x\ny')}${entry(b)}${entry('end')}${b}\0${entry('q')}${end}`;
    const { byCommit, whole } = readTouched(text);
    assert.deepEqual(
      [...byCommit],
      [
        [a, ['x\ny', b, 'end']],
        [b, ['q']],
      ],
    );
    assert.ok(whole);
    assert.ok(readTouched(end).whole);
  });

  it('that was cut off, is out of form, or was never said is not whole', () => {
    const text = `${a}\0${entry('one')}${entry('two')}${end}`;
    for (let length = 0; length < text.length; length += 1) {
      const { byCommit, whole } = readTouched(text.slice(0, length));
      const paths = byCommit.get(a) ?? [];
      assert.equal(whole, false);
      assert.deepEqual(paths, ['one', 'two'].slice(0, paths.length));
    }
    for (const bad of [entry('x'), `${a}\0x\0path\0`, `${a}\0:x\0`])
      assert.equal(readTouched(`${bad}${end}`).whole, false, bad);
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(a, b, ':x', 'end', ''))), (fields) => {
        for (const name of readTouched(fields.join('\0')).byCommit.keys()) assert.ok(isObjectName(name));
      }),
    );
  });
});

describe('paths that run by themselves', () => {
  it('are known by their names', () => {
    const kinds = {
      ci: [
        '.github/workflows/x.yml',
        '.github/actions/a/action.yml',
        '.gitlab-ci.yml',
        '.circleci/config.yml',
        'Jenkinsfile',
      ],
      install: [
        'binding.gyp',
        'packages/a/binding.gyp',
        'scripts/postinstall.js',
        'preinstall.sh',
        'install.mjs',
      ],
      build: [
        'Makefile',
        'src/Makefile.am',
        'm4/x.m4',
        'CMakeLists.txt',
        'rollup.config.mjs',
        'webpack.config.prod.js',
        'babel.config.json',
        '.babelrc',
        'tsconfig.build.json',
        'gulpfile.js',
        '.npmrc',
        'configure.ac',
        'build.mjs',
      ],
    };
    for (const [kind, paths] of Object.entries(kinds))
      for (const path of paths) assert.equal(sensitivePath(path), kind, path);
  });

  it('are not those that only sound alike', () => {
    for (const path of [
      'README.md',
      'docs/install.md',
      'src/install.ts.snap',
      'src/builder.ts',
      'test/makefile.txt',
      'src/github/workflows.ts',
      'lib/uninstall.js',
      'fixtures/Jenkinsfile.md',
    ])
      assert.equal(sensitivePath(path), undefined, path);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (path) => void sensitivePath(path)));
  });

  it('of a manifest are its scripts: what is new or changed counts, what is gone does not', () => {
    const of = (scripts: unknown): Buffer => Buffer.from(JSON.stringify({ scripts }));
    assert.deepEqual(
      scriptsChanged(of({ test: 'a', build: 'x' }), of({ test: 'b', build: 'y', postinstall: 'z' })),
      [
        { kind: 'install', name: 'postinstall' },
        { kind: 'build', name: 'build' },
      ],
    );
    assert.deepEqual(scriptsChanged(of({ postinstall: 'z' }), of({})), []);
    assert.deepEqual(scriptsChanged(undefined, of({ install: 'z' })), [{ kind: 'install', name: 'install' }]);
    for (const bad of ['', '{', '[]', '{"scripts":1}', 'null'])
      assert.deepEqual(scriptsChanged(Buffer.from(bad), Buffer.from(bad)), []);
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        scriptsChanged(Buffer.from(JSON.stringify(one)), Buffer.from(JSON.stringify(other)));
        filesRunAtInstall(of(one));
      }),
    );
  });

  it('are also the files that install scripts name', () => {
    const scripts = { postinstall: 'node ./tools/setup && sh "x/y.sh" > /dev/null', test: 'node t.js' };
    const named = filesRunAtInstall(Buffer.from(JSON.stringify({ scripts })));
    assert.ok(isRunAtInstall('tools/setup.js', '', named));
    assert.ok(isRunAtInstall('packages/a/x/y.sh', 'packages/a', named));
    assert.ok(!isRunAtInstall('x/y.sh', 'packages/a', named));
    assert.ok(!isRunAtInstall('t.js', '', named));
  });
});

it('two states of a manifest are the same but for the version, or not', () => {
  const of = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  assert.ok(sameButVersion(of({ a: 1, version: '1' }), of({ version: '2', a: 1 })));
  assert.ok(!sameButVersion(of({ a: 1, version: '1' }), of({ a: 2, version: '2' })));
  assert.ok(!sameButVersion(undefined, undefined));
  assert.ok(!sameButVersion(Buffer.from('{'), Buffer.from('{')));
  assert.equal(toCompare(['package.json', 'src/x.js']), undefined);
  assert.deepEqual(toCompare(['a/package.json', 'CHANGELOG.md']), ['a/package.json']);
  assert.equal(toCompare(['npm-shrinkwrap.json']), undefined);
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string(),
      fc.jsonValue(),
      (before, key, value) => {
        const after = { ...before, [key]: value };
        const same = JSON.stringify(after) === JSON.stringify(before);
        if (!same && sameButVersion(of(before), of(after)))
          assert.ok(key === 'version' || key === 'packages' || key === '__proto__');
      },
    ),
  );
});

it('a side branch that was moved proves nothing; the default one does', () => {
  const facts = {
    descends: false,
    related: true,
    refs: ['refs/heads/main', 'refs/tags/v1'],
    branchesThen: ['refs/heads/main', 'refs/heads/side'],
    branchesThere: ['refs/heads/main', 'refs/heads/side'],
    defaultBranch: 'refs/heads/main',
  };
  assert.equal(lineageOf(facts).lineage, 'other-line');
  assert.equal(lineageOf({ ...facts, refs: ['refs/heads/side'] }).lineage, 'rewritten');
  assert.equal(lineageOf({ ...facts, refs: [] }).lineage, 'rewritten');
  const unknown = { ...facts, branchesThen: undefined, branchesThere: [] };
  assert.equal(lineageOf({ ...unknown, refs: [] }).lineage, 'rewritten');
  assert.equal(lineageOf({ ...unknown, refs: ['refs/tags/v1'] }).lineage, 'off-branch');
  assert.equal(lineageOf({ ...facts, refs: [], descends: true }).lineage, 'descends');
  assert.equal(lineageOf({ ...facts, branchesThere: [], refs: ['refs/tags/v1'] }).lineage, 'off-branch');
});

it('a forge is asked about a bounded number of commits, and the rest is told to be untold', async () => {
  let asked = 0;
  const commits = Array.from({ length: 150 }, (_, n) => n.toString(16).padStart(40, '0'));
  const review = () => {
    asked += 1;
    return Promise.resolve({ state: 'known', exists: true, kind: 'approved', request: '1' } as const);
  };
  const { kinds, why } = await askReviews({ review }, 'https://git.example.com/a/b', commits);
  assert.deepEqual([asked, kinds.size], [reviewsAsked, reviewsAsked]);
  assert.match(why ?? '', /newest 100/);
});
