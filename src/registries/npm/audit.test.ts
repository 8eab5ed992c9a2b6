import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Range } from 'semver';
import type { AdvisoryLookup, AdvisoryMatch } from '../../core/advisory.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { answerBulk, answerQuick, auditLimits } from './audit.ts';

const match = (fields: Partial<AdvisoryMatch> = {}): AdvisoryMatch => ({
  id: 'GHSA-aaaa-bbbb-cccc',
  aliases: ['CVE-2026-1'],
  malicious: false,
  severity: 'medium',
  score: 5.3,
  vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L',
  summary: 'Slow on long input',
  published: '2026-01-01T00:00:00.000Z',
  modified: '2026-01-02T00:00:00.000Z',
  fixed: ['1.2.0'],
  sources: ['GHSA'],
  epss: null,
  kev: null,
  ...fields,
});

/** Advisories by `name@version`. */
function lookup(known: Readonly<Record<string, readonly AdvisoryMatch[]>>): AdvisoryLookup {
  return { feed: undefined, match: (name, version) => known[`${name}@${version}`] ?? [] };
}

const body = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** As the clients read an answer. */
interface Advisory {
  readonly id: number;
  readonly url: string;
  readonly title: string;
  readonly severity: string;
  readonly vulnerable_versions: string;
  readonly findings: readonly { readonly version: string; readonly paths: readonly string[] }[];
  readonly patched_versions: string;
}

function bulk(
  asked: JsonObject,
  known: Readonly<Record<string, readonly AdvisoryMatch[]>>,
): Readonly<Record<string, readonly Advisory[]>> {
  return answerBulk(body(asked), lookup(known)) as unknown as Readonly<Record<string, readonly Advisory[]>>;
}

test('bulk: one advisory a package with every asked version that it is about, nothing about others', () => {
  const answer = bulk(
    { '@s/a': ['1.0.0', '1.1.0', '1.2.0'], b: ['1.0.0'] },
    { '@s/a@1.0.0': [match()], '@s/a@1.1.0': [match()] },
  );
  assert.deepEqual(Object.keys(answer), ['@s/a']);
  const [advisory, ...more] = answer['@s/a'] ?? [];
  assert.equal(more.length, 0);
  assert.deepEqual(advisory, {
    id: advisory?.id,
    url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
    title: 'Slow on long input',
    severity: 'moderate',
    vulnerable_versions: '>=1.0.0 <1.2.0 || >=1.1.0 <1.2.0',
    cwe: [],
    cvss: { score: 5.3, vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L' },
  });
  assert.ok(Number.isSafeInteger(advisory?.id));
});

test('the range holds the version asked about, and not the one that ends it', () => {
  const cases: readonly (readonly [Partial<AdvisoryMatch>, string, boolean])[] = [
    [{}, '1.2.0', false],
    [{}, '1.1.9', true],
    [{ fixed: [] }, '99.0.0', true],
    [{ fixed: [], malicious: true }, '1.0.1', false],
    [{ fixed: ['not a version', '1.2.0'] }, '1.2.0', false],
  ];
  for (const [fields, other, isIn] of cases) {
    const [advisory] = bulk({ a: ['1.0.0'] }, { 'a@1.0.0': [match(fields)] })['a'] ?? [];
    const range = new Range(advisory?.vulnerable_versions ?? '', { loose: true, includePrerelease: true });
    assert.ok(range.test('1.0.0'), range.raw);
    assert.equal(range.test(other), isIn, `${range.raw} ${other}`);
  }
});

test('an unknown severity is not told as harmless, and malware is critical', () => {
  const tell = (fields: Partial<AdvisoryMatch>): Advisory | undefined =>
    bulk({ a: ['1.0.0'] }, { 'a@1.0.0': [match(fields)] })['a']?.[0];
  assert.equal(tell({ severity: 'unknown' })?.severity, 'high');
  assert.match(tell({ severity: 'unknown' })?.title ?? '', /\(severity unknown\)$/);
  assert.equal(tell({ severity: 'none' })?.severity, 'info');
  const malware = tell({ id: 'MAL-2026-1', aliases: [], malicious: true, severity: 'unknown' });
  assert.equal(malware?.severity, 'critical');
  assert.equal(malware?.url, 'https://osv.dev/vulnerability/MAL-2026-1');
  assert.match(malware?.title ?? '', /^Malicious package: /);
});

test('quick: the tree is walked to its leaves, with the paths that lead to each version', () => {
  const tree = {
    name: 'app',
    version: '1.0.0',
    dependencies: {
      '.': {
        version: '0.0.0',
        dependencies: {
          b: { version: '2.0.0', dependencies: { a: { version: '1.0.0', dev: true } } },
          a: { version: '1.0.0' },
        },
      },
    },
  };
  const answer = answerQuick(body(tree), lookup({ 'a@1.0.0': [match()] })) as unknown as {
    readonly advisories: Readonly<Record<string, Advisory>>;
    readonly actions: readonly {
      readonly resolves: readonly { readonly id: number; readonly path: string }[];
    }[];
    readonly metadata: { readonly vulnerabilities: JsonObject };
  };
  const [[id, advisory] = []] = Object.entries(answer.advisories);
  assert.ok(advisory);
  assert.equal(id, String(advisory.id));
  assert.deepEqual(advisory.findings, [
    { version: '1.0.0', paths: ['.>a', '.>b>a'], dev: false, optional: false, bundled: false },
  ]);
  assert.equal(advisory.patched_versions, '>=1.2.0');
  assert.deepEqual(
    answer.actions[0]?.resolves.map(({ path }) => path),
    ['.>a', '.>b>a'],
  );
  assert.deepEqual(answer.metadata.vulnerabilities, { info: 0, low: 0, moderate: 1, high: 0, critical: 0 });
});

test('what is no list of versions, no object or no JSON is refused; too much as well', () => {
  const none = lookup({});
  for (const text of ['', '[]', 'null', '{"a":"1.0.0"}', '\ud800'])
    assert.throws(
      () => answerBulk(Buffer.from(text), none),
      (error) => isAssayError(error, 'REQUEST_INVALID'),
      text,
    );
  const many = Array.from({ length: auditLimits.versions + 1 }, (_, at) => `1.0.${at}`);
  assert.throws(
    () => answerBulk(body({ a: many }), none),
    (error) => isAssayError(error, 'REQUEST_TOO_LARGE'),
  );
  const places = Array.from({ length: auditLimits.places + 1 }, () => 'x');
  assert.throws(
    () => answerBulk(body({ a: places }), none),
    (error) => isAssayError(error, 'REQUEST_TOO_LARGE'),
  );
});

test('names and versions that no registry can have are never asked about', () => {
  const asked: string[] = [];
  const spy: AdvisoryLookup = {
    feed: undefined,
    match: (name, version) => {
      asked.push(`${name}@${version}`);
      return [match({ summary: '\u001b[2J::error::x' })];
    },
  };
  const names = {
    ['__proto__']: ['1.0.0'],
    constructor: ['1.0.0'],
    '../x': ['1.0.0'],
    a: ['1.0.0 || *', '', '2.0.0'],
  };
  const answer = answerBulk(Buffer.from(JSON.stringify(names).replace('{', '{"__proto__":["1.0.0"],')), spy);
  assert.deepEqual(asked, ['constructor@1.0.0', 'a@2.0.0']);
  assert.ok(!JSON.stringify(answer).includes('\\u001b'));
  assert.deepEqual(Object.keys(answer), ['constructor', 'a']);
});

test('a tree as deep as its text is walked without recursion', () => {
  const depth = 20_000;
  const text = `${'{"version":"1.0.0","dependencies":{"a":'.repeat(depth)}{}${'}}'.repeat(depth)}`;
  const answer = answerQuick(Buffer.from(text), lookup({ 'a@1.0.0': [match()] }));
  assert.ok(JSON.stringify(answer).length < 200_000);
});

test('any body is answered or refused with a code', () => {
  const hit: AdvisoryLookup = { feed: undefined, match: () => [match({ fixed: [] })] };
  fc.assert(
    fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (any, dependencies) => {
      for (const value of [any, { dependencies }, dependencies])
        for (const answer of [answerBulk, answerQuick])
          try {
            JSON.stringify(answer(body(value), hit));
          } catch (error) {
            assert.ok(error instanceof AssayError, String(error));
          }
    }),
    { numRuns: 300 },
  );
});
