import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import {
  anyJson,
  anyPackument,
  entryOf,
  jsonBytes,
  packumentOf,
  parsed,
  read,
  upstream,
} from '../../../test/support/packuments.ts';
import { sha256 } from '../../core/digest.ts';
import { manifestFrom, encodeParts, openParts } from './packument-parts.ts';
import { packumentBounds, readPackument } from './packument-read.ts';
import { emptyPlan } from './render-plan.ts';
import { renderPackument } from './packument-render.ts';

function withEntries(entries: JsonObject, more: JsonObject = {}): JsonObject {
  return { name: 'colour-pick', 'dist-tags': {}, versions: entries, time: {}, ...more };
}

function versionsRead(document: JsonObject): readonly string[] {
  return read(document).view.versions.map(({ version }) => version);
}

describe('reading a packument', () => {
  it('gives what the rest of Assay needs of each version', () => {
    const entry = entryOf(
      'colour-pick',
      '1.0.0',
      { deprecated: 'use 2', scripts: { install: 'node x.js', test: 'y' } },
      { integrity: 'sha512-AAAA sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=' },
    );
    const { view } = read(
      withEntries(
        { '1.0.0': entry },
        { time: { '1.0.0': '2026-01-02T03:04:05.678901+00:00' }, 'dist-tags': { latest: '1.0.0' } },
      ),
    );
    assert.deepEqual(view.versions, [
      {
        version: '1.0.0',
        file: 'colour-pick-1.0.0.tgz',
        url: 'https://registry.example.com/colour-pick/-/colour-pick-1.0.0.tgz',
        claimed: [
          { algorithm: 'sha256', hex: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
          { algorithm: 'sha1', hex: '0123456789abcdef0123456789abcdef01234567' },
        ],
        claimedTime: '2026-01-02T03:04:05.678Z',
        deprecated: 'use 2',
        installScripts: { install: 'node x.js' },
        hasInstallScript: true,
        publication: {
          publisher: undefined,
          publisherEmail: undefined,
          trustedPublisher: undefined,
          approver: undefined,
          attested: false,
          signatures: 1,
          gitHead: undefined,
        },
      },
    ]);
    assert.equal(view.purl, 'pkg:npm/colour-pick');
    assert.deepEqual(view.tags, { latest: '1.0.0' });
    assert.deepEqual(view.problems, []);
  });

  it('reads a scoped package and says so in its purl', () => {
    assert.equal(read(packumentOf(['1.0.0'], { name: '@s/a' }), '@s/a').view.purl, 'pkg:npm/%40s/a');
  });

  it('has no claimed time where upstream sends none or one that cannot be read', () => {
    const { view } = read(
      withEntries(
        { '1.0.0': entryOf('colour-pick', '1.0.0'), '2.0.0': entryOf('colour-pick', '2.0.0') },
        { time: { '1.0.0': 'yesterday' } },
      ),
    );
    assert.deepEqual(
      view.versions.map(({ claimedTime }) => claimedTime),
      [undefined, undefined],
    );
  });

  it('cuts a deprecation text and keeps it well-formed', () => {
    const { view } = read(
      withEntries({ '1.0.0': entryOf('colour-pick', '1.0.0', { deprecated: 'x'.repeat(999) + '😀' }) }),
    );
    assert.equal(view.versions[0]?.deprecated?.length, 1000);
    assert.ok(view.versions[0]?.deprecated?.isWellFormed());
  });

  it('takes a package that was unpublished whole', () => {
    assert.deepEqual(versionsRead({ name: 'colour-pick', time: { unpublished: { time: 'x' } } }), []);
  });
});

describe('a document that is no packument of this package', () => {
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['HTML with 200', '<!doctype html><h1>Sign in</h1>', /HTML/],
    ['nothing', '', /not JSON/],
    ['cut off', '{"name":"colour-pick","versions":{', /not JSON/],
    ['an array', [], /not an object/],
    ['null', null, /not an object/],
    ['an error with 200', { error: 'not found' }, /names no package/],
    ['another package', packumentOf(['1.0.0'], { name: 'other' }), /is about "other"/],
    ['another case of the name', packumentOf(['1.0.0'], { name: 'Colour-Pick' }), /is about/],
    ['no versions', { name: 'colour-pick' }, /lists no versions/],
    ['versions as a list', { name: 'colour-pick', versions: [] }, /not an object/],
    ['tags as a text', { name: 'colour-pick', versions: {}, 'dist-tags': 'x' }, /not an object/],
    ['time as a list', { name: 'colour-pick', versions: {}, time: ['x'] }, /not an object/],
    ['a name only inherited', '{"__proto__":{"name":"colour-pick","versions":{}}}', /names no package/],
    [
      'nested too deep',
      `{"name":"colour-pick","versions":{},"readme":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      /nested too deep|not JSON/,
    ],
  ];
  for (const [what, document, message] of wrong) {
    it(`is refused: ${what}`, () => {
      assert.throws(
        () => read(document),
        (error) => isAssayError(error, 'INDEX_INVALID') && message.test(error.message),
      );
    });
  }

  it('is refused over the bound on versions, and taken at it', () => {
    const some = (count: number): JsonObject =>
      withEntries(Object.fromEntries(Array.from({ length: count }, (_, at) => [`1.0.${at}`, 0])));
    assert.throws(() => read(some(packumentBounds.versions + 1)), { code: 'INDEX_INVALID' });
    const { problems = [] } = read(some(packumentBounds.versions)).view;
    assert.equal(problems.length, packumentBounds.problemsListed + 1);
    assert.equal(problems.at(-1), `and ${packumentBounds.versions - packumentBounds.problemsListed} more`);
  });
});

describe('one version entry that cannot be right', () => {
  const good = entryOf('colour-pick', '1.0.0');
  const bad: readonly (readonly [string, string, unknown])[] = [
    ['names another version', '2.0.0', entryOf('colour-pick', '2.0.1')],
    ['names another package', '2.0.0', entryOf('other', '2.0.0')],
    ['is null', '2.0.0', null],
    ['is a list', '2.0.0', []],
    ['has no dist', '2.0.0', { name: 'colour-pick', version: '2.0.0' }],
    ['has a tarball that is no URL', '2.0.0', entryOf('colour-pick', '2.0.0', {}, { tarball: '../x.tgz' })],
    [
      'has a tarball that is a local file',
      '2.0.0',
      entryOf('colour-pick', '2.0.0', {}, { tarball: 'file:///etc/passwd' }),
    ],
    [
      'has a tarball that is no text',
      '2.0.0',
      entryOf('colour-pick', '2.0.0', {}, { tarball: ['https://h/a.tgz'] }),
    ],
    [
      'claims the file of another version',
      '2.0.0',
      entryOf('colour-pick', '2.0.0', {}, { tarball: 'https://evil.example.com/colour-pick-1.0.0.tgz' }),
    ],
    [
      'claims it in another encoding',
      '2.0.0',
      entryOf('colour-pick', '2.0.0', {}, { tarball: 'https://h/colour%2Dpick-1.0.0.tgz' }),
    ],
    ['is no semver', 'v2', entryOf('colour-pick', 'v2')],
    ['is a path', '2.0.0/../../x', entryOf('colour-pick', '2.0.0/../../x')],
    ['is a key of every object', 'constructor', entryOf('colour-pick', 'constructor')],
    [
      'has a key of 300 characters',
      `1.0.0-${'a'.repeat(300)}`,
      entryOf('colour-pick', `1.0.0-${'a'.repeat(300)}`),
    ],
  ];
  for (const [what, key, entry] of bad) {
    it(`is left out and named, and the package stands: ${what}`, () => {
      const document = withEntries({ '1.0.0': good, [key]: entry } as JsonObject, {
        'dist-tags': { latest: '1.0.0', next: key },
        time: { '1.0.0': '2026-01-01T00:00:00Z', [key]: '2026-01-01T00:00:00Z' },
      });
      const { view, parts } = read(document);
      assert.deepEqual(
        view.versions.map(({ version }) => version),
        ['1.0.0'],
      );
      assert.ok(view.problems?.some((line) => line.includes('left out')));
      const rendered = parsed(
        renderPackument(openParts(encodeParts(parts)), emptyPlan, 'full', 'https://gate.example.com/'),
      );
      assert.deepEqual(Object.keys(rendered['versions'] as JsonObject), ['1.0.0']);
      assert.deepEqual(rendered['time'], { '1.0.0': '2026-01-01T00:00:00Z' });
      assert.deepEqual(rendered['dist-tags'], { latest: '1.0.0' });
    });
  }

  it('is left out when it is nested too deep to be written again', () => {
    const text = JSON.stringify(
      withEntries({ '1.0.0': good, '2.0.0': entryOf('colour-pick', '2.0.0', { x: 'DEEP' }) }),
    );
    const deep = text.replace('"DEEP"', `${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    assert.deepEqual(
      read(deep).view.versions.map(({ version }) => version),
      ['1.0.0'],
    );
  });

  it('does not leave out what old packages really have', () => {
    for (const version of ['1.0.0beta', '1.0.0-rc.1', '0.0.1-beta.01', '1.0.0+build.5']) {
      assert.deepEqual(
        versionsRead(withEntries({ [version]: entryOf('colour-pick', version) })),
        [version],
        version,
      );
    }
  });

  it('does not leave out a version without digests, but says so', () => {
    const { view } = read(
      withEntries({ '1.0.0': entryOf('colour-pick', '1.0.0', {}, { shasum: 'x', integrity: 'md7-x' }) }),
    );
    assert.deepEqual(view.versions[0]?.claimed, []);
    assert.deepEqual(view.problems, ['"1.0.0": claims no digest that can be read']);
  });
});

describe('hostile keys', () => {
  it('are data and nothing else', () => {
    const text = `{"name":"colour-pick","__proto__":{"versions":{"6.6.6":{}}},"dist-tags":{"__proto__":"1.0.0","constructor":"1.0.0"},
      "time":{"__proto__":{"1.0.0":"2020-01-01T00:00:00Z"}},"versions":{"__proto__":{"name":"colour-pick"},"toString":{},"1.0.0":
      {"name":"colour-pick","version":"1.0.0","__proto__":{"hasInstallScript":true,"deprecated":"x"},"scripts":{"__proto__":{"install":"x"}},
      "dist":{"__proto__":{"integrity":"sha512-x"},"tarball":"https://registry.example.com/a-1.0.0.tgz"}}}}`;
    const { view, parts } = read(text);
    assert.equal(view.versions.length, 1);
    const [version] = view.versions;
    assert.deepEqual(version?.installScripts, {});
    assert.equal(version?.hasInstallScript, false);
    assert.equal(version?.deprecated, undefined);
    assert.equal(version?.claimedTime, undefined);
    assert.deepEqual(version?.claimed, []);
    assert.deepEqual(Object.entries(view.tags), [
      ['__proto__', '1.0.0'],
      ['constructor', '1.0.0'],
    ]);
    assert.equal(Object.getPrototypeOf(view.tags), Object.prototype);
    const manifest = manifestFrom(openParts(encodeParts(parts)), '1.0.0');
    assert.ok(manifest !== undefined && Object.hasOwn(manifest, '__proto__'));
    assert.equal(manifestFrom(openParts(encodeParts(parts)), '__proto__'), undefined);
    assert.equal(manifestFrom(openParts(encodeParts(parts)), 'constructor'), undefined);
  });
});

describe('any input', () => {
  it('is read or refused by code, never anything else', () => {
    const mutated = fc
      .tuple(anyPackument, fc.constantFrom('versions', 'time', 'dist-tags', 'name', 'readme'), anyJson)
      .map(([document, key, value]) => ({ ...document, [key]: value }));
    fc.assert(
      fc.property(fc.oneof(anyJson, mutated, fc.string()), (document) => {
        try {
          read(document);
        } catch (error) {
          assert.ok(isAssayError(error, 'INDEX_INVALID'), String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('as bytes too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (raw) => {
        assert.throws(() => readPackument(raw, { name: 'x', upstream, digest: sha256(raw) }), {
          code: 'INDEX_INVALID',
        });
      }),
    );
  });

  it('gives back each version as upstream sent it', () => {
    fc.assert(
      fc.property(anyPackument, (document) => {
        const reparsed = parsed(jsonBytes(document));
        const parts = openParts(encodeParts(read(document).parts));
        for (const [version, entry] of Object.entries(reparsed['versions'] as JsonObject)) {
          assert.deepEqual(manifestFrom(parts, version), entry);
        }
      }),
      { numRuns: 300 },
    );
  });
});
