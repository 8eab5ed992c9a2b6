import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareLoose } from 'semver';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import {
  anyPackument,
  anyVersion,
  entryOf,
  jsonBytes,
  opened,
  packumentOf,
  parsed,
} from '../../../test/support/packuments.ts';
import { abbreviatedFields } from './splice.ts';
import { hasInstallScript } from './install-scripts.ts';
import { isStable } from './order.ts';
import {
  renderDistTags,
  renderPackument,
  renderVersion,
  type Form,
  type RenderPlan,
} from './packument-render.ts';
import { emptyPlan } from './render-plan.ts';

const base = 'https://gate.example.com/';

function full(document: JsonObject, plan: Partial<RenderPlan> = {}): JsonObject {
  return parsed(renderPackument(opened(document), { ...emptyPlan, ...plan }, 'full', base));
}

function abbreviated(document: JsonObject, plan: Partial<RenderPlan> = {}): JsonObject {
  return parsed(renderPackument(opened(document), { ...emptyPlan, ...plan }, 'abbreviated', base));
}

function versionsOf(document: JsonObject): readonly string[] {
  return Object.keys(ownObject(document, 'versions') ?? {});
}

/** What the splicing must equal: parse, filter, put together again, without a thought for speed. */
function naive(document: JsonObject, plan: RenderPlan, form: Form): JsonObject {
  const source = parsed(jsonBytes(document));
  const hidden = new Set(plan.hidden);
  const kept = plan.kept.filter(({ version }) => !hidden.has(version));
  const upstreamVersions = ownObject(source, 'versions') ?? {};
  const listed = Object.keys(upstreamVersions).filter(
    (version) => !hidden.has(version) && plan.gone !== true,
  );
  const versions = new Map<string, Json>(
    listed.map((version) => [version, upstreamVersions[version] ?? null]),
  );
  for (const { version, manifest } of kept) versions.set(version, parsed(jsonBytes(manifest)));
  const time = new Map<string, Json>(Object.entries(ownObject(source, 'time') ?? {}));
  for (const version of [...hidden, ...(plan.gone === true ? Object.keys(upstreamVersions) : [])]) {
    if (!kept.some((one) => one.version === version)) time.delete(version);
  }
  for (const one of kept) if (one.time !== undefined) time.set(one.version, one.time);
  const hasTime = ownObject(source, 'time') !== undefined || plan.kept.some((one) => one.time !== undefined);
  const changed: [string, Json][] = [
    ['dist-tags', Object.fromEntries(naiveTags(ownObject(source, 'dist-tags') ?? {}, listed))],
    [
      'versions',
      Object.fromEntries([...versions].map(([version, entry]) => [version, naiveEntry(entry, form)])),
    ],
    ...(hasTime ? [['time', Object.fromEntries(time)] as [string, Json]] : []),
  ];
  const rest =
    form === 'full'
      ? Object.entries(source).filter(([key]) => key !== 'time')
      : [['name', source['name'] ?? ''] as [string, Json]];
  return Object.fromEntries([...rest, ...changed]);
}

function naiveTags(tags: JsonObject, listed: readonly string[]): readonly [string, string][] {
  return Object.entries(tags).flatMap(([tag, version]): [string, string][] => {
    if (typeof version !== 'string') return [];
    if (listed.includes(version)) return [[tag, version]];
    const below = listed.filter((one) => isStable(one) && compareLoose(one, version) <= 0);
    const highest = below.reduce<string | undefined>(
      (best, one) => (best === undefined || compareLoose(one, best) > 0 ? one : best),
      undefined,
    );
    return tag === 'latest' && highest !== undefined ? [[tag, highest]] : [];
  });
}

function naiveEntry(entry: Json, form: Form): Json {
  if (!isJsonObject(entry)) return entry;
  const dist = ownObject(entry, 'dist') ?? {};
  const file = decodeURIComponent(new URL(ownString(dist, 'tarball') ?? '').pathname.split('/').at(-1) ?? '');
  const newDist = Object.fromEntries(
    Object.entries(dist).map(([key, value]) => [
      key,
      key === 'tarball' ? `${base}colour-pick/-/${file}` : value,
    ]),
  );
  const all = Object.entries(entry).map(([key, value]): [string, Json] => [
    key,
    key === 'dist' ? newDist : value,
  ]);
  if (form === 'full') return Object.fromEntries(all);
  const short = all.filter(([key]) => abbreviatedFields.has(key));
  return Object.fromEntries(hasInstallScript(entry) ? [...short, ['hasInstallScript', true]] : short);
}

const anyPlan: fc.Arbitrary<RenderPlan> = fc.record({
  hidden: fc.uniqueArray(anyVersion, { maxLength: 6 }),
  kept: fc.uniqueArray(
    fc
      .record({
        version: anyVersion,
        time: fc.option(fc.constant('2024-05-06T07:08:09.000Z'), { nil: undefined }),
      })
      .map(({ version, time }) => ({
        version,
        time,
        manifest: entryOf('colour-pick', version, { keptHere: true, scripts: { install: 'x' } }),
      })),
    { maxLength: 3, selector: ({ version }) => version },
  ),
  restrictions: fc.constant(undefined),
  gone: fc.boolean(),
});

describe('a rendered packument', () => {
  for (const form of ['full', 'abbreviated'] as const) {
    it(`equals a naive parse, filter and stringify: ${form}`, () => {
      fc.assert(
        fc.property(anyPackument, anyPlan, (document, plan) => {
          const rendered = { ...parsed(renderPackument(opened(document), plan, form, base)) };
          const expected = naive(document, plan, form);
          if (form === 'abbreviated') delete (rendered as { modified?: Json }).modified;
          assert.equal(JSON.stringify(sorted(rendered)), JSON.stringify(sorted(expected)));
        }),
        { numRuns: 1000 },
      );
    });
  }

  it('holds what clients’ own defences read, in both forms', () => {
    const dist = {
      signatures: [{ keyid: 'k', sig: 's' }],
      attestations: {
        url: 'https://registry.example.com/-/npm/v1/attestations/x',
        provenance: { predicateType: 'p' },
      },
    };
    const document = packumentOf(['1.0.0'], {
      more: {
        versions: {
          '1.0.0': entryOf(
            'colour-pick',
            '1.0.0',
            { _npmUser: { name: 'kim', trustedPublisher: { id: 'x' } } },
            dist,
          ),
        },
      },
    });
    for (const rendered of [full(document), abbreviated(document)]) {
      const entry = ownObject(ownObject(rendered, 'versions') ?? {}, '1.0.0') ?? {};
      assert.deepEqual(entry['_npmUser'], { name: 'kim', trustedPublisher: { id: 'x' } });
      const shown = ownObject(entry, 'dist') ?? {};
      assert.deepEqual(shown['signatures'], dist.signatures);
      assert.deepEqual(shown['attestations'], dist.attestations);
      assert.equal(shown['tarball'], 'https://gate.example.com/colour-pick/-/colour-pick-1.0.0.tgz');
      assert.ok(Object.hasOwn(ownObject(rendered, 'time') ?? {}, '1.0.0'));
    }
  });

  it('drops from the abbreviated form what is not npm’s', () => {
    assert.deepEqual(Object.keys(abbreviated(packumentOf(['1.0.0']))), [
      'name',
      'modified',
      'dist-tags',
      'versions',
      'time',
    ]);
    const entry = ownObject(ownObject(abbreviated(packumentOf(['1.0.0'])), 'versions') ?? {}, '1.0.0');
    assert.deepEqual(Object.keys(entry ?? {}), ['name', 'version', 'dependencies', 'dist']);
  });

  it('keeps upstream’s own file name under the package’s canonical path', () => {
    const tarball = 'https://cdn.example.com/deep/@s/%61-1.0.0.tgz?x=y';
    const document = packumentOf(['1.0.0'], {
      name: '@s/a',
      more: { versions: { '1.0.0': entryOf('@s/a', '1.0.0', {}, { tarball }) } },
    });
    const rendered = parsed(renderPackument(opened(document, '@s/a'), emptyPlan, 'full', base));
    const entry = ownObject(ownObject(rendered, 'versions') ?? {}, '1.0.0') ?? {};
    assert.equal(ownObject(entry, 'dist')?.['tarball'], 'https://gate.example.com/@s/a/-/a-1.0.0.tgz');
  });

  it('computes hasInstallScript where npm relies on it', () => {
    const cases: readonly (readonly [JsonObject, boolean | undefined])[] = [
      [{}, undefined],
      [{ scripts: { test: 'x' } }, undefined],
      [{ scripts: { postinstall: 'x' } }, true],
      [{ scripts: { preinstall: 'x' }, hasInstallScript: false }, true],
      [{ gypfile: true }, true],
      [{ hasInstallScript: true }, true],
      [{ hasInstallScript: false }, false],
    ];
    for (const [more, expected] of cases) {
      const rendered = abbreviated(
        packumentOf(['1.0.0'], { more: { versions: { '1.0.0': entryOf('colour-pick', '1.0.0', more) } } }),
      );
      assert.equal(
        own(ownObject(ownObject(rendered, 'versions') ?? {}, '1.0.0') ?? {}, 'hasInstallScript'),
        expected,
        JSON.stringify(more),
      );
    }
  });
});

describe('a hidden version', () => {
  const document = packumentOf(['1.0.0', '2.0.0', '2.1.0-rc.1', '3.0.0'], {
    more: { 'dist-tags': { latest: '3.0.0', next: '3.0.0', old: '1.0.0' } },
  });

  it('leaves versions, time and every tag; latest moves down by semver', () => {
    for (const rendered of [
      full(document, { hidden: ['3.0.0'] }),
      abbreviated(document, { hidden: ['3.0.0'] }),
    ]) {
      assert.deepEqual(versionsOf(rendered), ['1.0.0', '2.0.0', '2.1.0-rc.1']);
      assert.deepEqual(rendered['dist-tags'], { latest: '2.0.0', old: '1.0.0' });
      assert.equal(own(ownObject(rendered, 'time') ?? {}, '3.0.0'), undefined);
      assert.doesNotMatch(JSON.stringify(rendered), /3\.0\.0/);
    }
  });

  it('takes latest with it when no stable version is left below', () => {
    assert.deepEqual(full(document, { hidden: ['1.0.0', '2.0.0', '3.0.0'] })['dist-tags'], {});
  });

  it('is not served by the version endpoint, under its number or a tag', () => {
    const parts = opened(document);
    const plan = { ...emptyPlan, hidden: ['3.0.0'] };
    assert.equal(renderVersion(parts, plan, '3.0.0', base), undefined);
    assert.equal(renderVersion(parts, plan, 'next', base), undefined);
    assert.equal(parsed(renderVersion(parts, plan, 'latest', base))['version'], '2.0.0');
    assert.equal(renderVersion(parts, plan, '__proto__', base), undefined);
    assert.equal(renderVersion(parts, plan, 'constructor', base), undefined);
    assert.deepEqual(parsed(renderDistTags(parts, plan)), { latest: '2.0.0', old: '1.0.0' });
  });

  it('stays hidden when it was kept: a deny list wins over an admission', () => {
    const kept = [
      { version: '3.0.0', manifest: entryOf('colour-pick', '3.0.0'), time: '2026-01-01T00:00:00.000Z' },
    ];
    const rendered = full(document, { hidden: ['3.0.0'], kept });
    assert.doesNotMatch(JSON.stringify(rendered), /3\.0\.0/);
  });

  it('is named for npm with nothing but its number', () => {
    const restrictions = { message: 'held\u001b[2J\nfor age', versions: ['3.0.0', '__proto__'] };
    for (const rendered of [
      full(document, { hidden: ['3.0.0'], restrictions }),
      abbreviated(document, { hidden: ['3.0.0'], restrictions }),
    ]) {
      const shown = ownObject(rendered, 'policyRestrictions') ?? {};
      assert.equal(shown['message'], 'held\\u{1b}[2J\nfor age');
      assert.deepEqual(Object.entries(ownObject(shown, 'versions') ?? {}), [
        ['3.0.0', { version: '3.0.0' }],
        ['__proto__', { version: '__proto__' }],
      ]);
    }
  });
});

describe('a kept version', () => {
  const manifest = entryOf(
    'colour-pick',
    '2.0.0',
    { description: 'as admitted' },
    { tarball: 'https://registry.example.com/x/-/old-name-2.0.0.tgz' },
  );

  it('stays listed after upstream deleted it, with its time, and never becomes latest', () => {
    const document = packumentOf(['1.0.0'], { more: { 'dist-tags': { latest: '2.0.0' } } });
    const rendered = full(document, {
      kept: [{ version: '2.0.0', manifest, time: '2026-02-02T00:00:00.000Z' }],
    });
    assert.deepEqual(versionsOf(rendered), ['1.0.0', '2.0.0']);
    assert.deepEqual(rendered['dist-tags'], { latest: '1.0.0' });
    assert.equal(ownObject(rendered, 'time')?.['2.0.0'], '2026-02-02T00:00:00.000Z');
    const entry = ownObject(ownObject(rendered, 'versions') ?? {}, '2.0.0') ?? {};
    assert.equal(
      ownObject(entry, 'dist')?.['tarball'],
      'https://gate.example.com/colour-pick/-/old-name-2.0.0.tgz',
    );
  });

  it('takes the place of upstream’s own entry when upstream offers other bytes', () => {
    const document = packumentOf(['1.0.0', '2.0.0', '3.0.0']);
    const rendered = full(document, { kept: [{ version: '2.0.0', manifest, time: undefined }] });
    assert.deepEqual(versionsOf(rendered), ['1.0.0', '2.0.0', '3.0.0']);
    assert.equal(ownObject(ownObject(rendered, 'versions') ?? {}, '2.0.0')?.['description'], 'as admitted');
    assert.equal(ownObject(rendered, 'time')?.['2.0.0'], '2026-01-02T00:00:00.000Z');
  });

  it('is all that stands when upstream no longer knows the package', () => {
    const document = packumentOf(['1.0.0', '2.0.0', '3.0.0']);
    const rendered = full(document, { gone: true, kept: [{ version: '2.0.0', manifest, time: undefined }] });
    assert.deepEqual(versionsOf(rendered), ['2.0.0']);
    assert.deepEqual(rendered['dist-tags'], {});
    assert.deepEqual(Object.keys(ownObject(rendered, 'time') ?? {}), ['created', 'modified', '2.0.0']);
  });

  it('without a tarball is our own fault and says so', () => {
    assert.throws(
      () => full(packumentOf(['1.0.0']), { kept: [{ version: '2.0.0', manifest: {}, time: undefined }] }),
      { code: 'INDEX_INVALID' },
    );
  });
});

/** Keys in one order at every level, `__proto__` included. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => sorted(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
