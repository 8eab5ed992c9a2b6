import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { caseIdFrom, type CaseId } from '../../core/case.ts';
import type { Reason } from '../../core/decision.ts';
import { sha256 } from '../../core/digest.ts';
import { formatPurl } from '../../core/purl.ts';
import type { Refusal } from '../../core/refusal.ts';
import { errorOf, parsed } from '../../../test/support/packuments.ts';
import { npmRefusal, refusalPhrase } from './refusal.ts';

const caseId = '7Q2MABCDEFGHJ' as CaseId;

const cooldown: Reason = {
  rule: 'npm/cooldown',
  mode: 'enforce',
  outcome: 'hold',
  evidence: 'age',
  result: 'fail',
  short: 'published 5 h ago, 72 h asked',
  why: 'Published 2026-11-20 05:00 UTC, 5 hours ago; this gate waits 72 hours.',
  remedy: 'Wait, or use an older version.',
  items: [],
  until: '2026-11-23T05:00:00.000Z',
};

const script: Reason = {
  ...cooldown,
  rule: 'npm/install-script',
  outcome: 'block',
  evidence: 'scripts',
  short: 'new install script',
  why: 'postinstall is new since 3.2.0: node steal.js',
  remedy: 'Read the script, then ask for an exception.',
};

const held: Refusal = {
  caseId,
  caseUrl: 'https://gate.example.com/-/case/7Q2MABCDEFGHJ',
  ecosystem: 'npm',
  purl: formatPurl('npm', 'colour-pick', '3.2.1'),
  name: 'colour-pick',
  version: '3.2.1',
  outcome: 'hold',
  reasons: [cooldown],
  useInstead: '3.2.0',
  until: '2026-11-23T05:00:00.000Z',
  policy: sha256('policy'),
  decidedAt: '2026-11-20T10:00:41.000Z',
};

const blocked: Refusal = {
  ...held,
  outcome: 'block',
  reasons: [script, cooldown],
  useInstead: undefined,
  until: undefined,
};

function textOf(refusal: Refusal): string {
  return errorOf(npmRefusal(refusal).body);
}

describe('a refusal, as npm prints it', () => {
  it('a held version', () => {
    assert.equal(
      textOf(held),
      `
  HELD     colour-pick@3.2.1
  why      Published 2026-11-20 05:00 UTC, 5 hours ago; this gate waits 72 hours.
  rules    npm/cooldown (policy cb7b26c5b52a)
  use      colour-pick@3.2.0, the newest version that policy allows: npm i colour-pick@3.2.0
  wait     free at 2026-11-23 05:00 UTC by waiting alone
  next     Wait, or use an older version.
  need it? ask for an exception: https://gate.example.com/-/case/7Q2MABCDEFGHJ
  proof    assay explain AS-7Q2M (decided 2026-11-20 10:00 UTC)`.replace(
        'cb7b26c5b52a',
        held.policy.slice(0, 12),
      ),
    );
  });

  it('a blocked version, for two reasons, with nothing to use instead', () => {
    assert.equal(
      textOf(blocked),
      `
  BLOCKED  colour-pick@3.2.1
  why      postinstall is new since 3.2.0: node steal.js
           Published 2026-11-20 05:00 UTC, 5 hours ago; this gate waits 72 hours.
  rules    npm/install-script, npm/cooldown (policy ${held.policy.slice(0, 12)})
  next     Read the script, then ask for an exception.
           Wait, or use an older version.
  need it? ask for an exception: https://gate.example.com/-/case/7Q2MABCDEFGHJ
  proof    assay explain AS-7Q2M (decided 2026-11-20 10:00 UTC)`,
    );
  });

  it('is a 403 that no client retries or falls through, and that nobody caches', () => {
    const answer = npmRefusal(held);
    assert.equal(answer.status, 403);
    assert.deepEqual(answer.headers, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'npm-notice':
        'assay: held colour-pick@3.2.1: published 5 h ago, 72 h asked; https://gate.example.com/-/case/7Q2MABCDEFGHJ',
      'assay-case': '7Q2MABCDEFGHJ',
    });
  });

  it('tells a script the same', () => {
    const { error, ...rest } = parsed(npmRefusal(held).body);
    assert.equal(typeof error, 'string');
    assert.deepEqual(rest, {
      code: 'POLICY_REFUSED',
      outcome: 'hold',
      package: 'pkg:npm/colour-pick@3.2.1',
      case: caseId,
      caseUrl: held.caseUrl,
      rules: ['npm/cooldown'],
      useInstead: '3.2.0',
      until: '2026-11-23T05:00:00.000Z',
    });
  });
});

describe('the reason phrase, all that pnpm and Yarn print', () => {
  it('holds case, cause, version to use and URL', () => {
    assert.equal(
      refusalPhrase(held),
      'Held AS-7Q2M: published 5 h ago, 72 h asked; use 3.2.0; https://gate.example.com/-/case/7Q2MABCDEFGHJ',
    );
    assert.equal(
      refusalPhrase(blocked),
      'Blocked AS-7Q2M: new install script (+1); https://gate.example.com/-/case/7Q2MABCDEFGHJ',
    );
  });

  it('cuts the cause before anything else', () => {
    const long = {
      ...held,
      reasons: [{ ...cooldown, short: 'x'.repeat(60) }],
      caseUrl: 'https://gate.corp.example.com/-/case/7Q2MABCDEFGHJ',
    };
    const phrase = refusalPhrase(long);
    assert.ok(phrase.length <= 120);
    assert.match(
      phrase,
      /^Held AS-7Q2M: x{20,}\.\.\.; use 3\.2\.0; https:\/\/gate\.corp\.example\.com\/-\/case\/7Q2MABCDEFGHJ$/,
    );
  });

  it('gives up the version before the URL, and the URL only when it cannot stand whole', () => {
    const url = (host: number): string => `https://${'g'.repeat(host)}.example.com/-/case/7Q2MABCDEFGHJ`;
    assert.match(
      refusalPhrase({ ...held, caseUrl: url(42) }),
      /^Held AS-7Q2M: [^;]{16,}; https:\S+7Q2MABCDEFGHJ$/,
    );
    assert.equal(
      refusalPhrase({ ...held, caseUrl: url(90) }),
      'Held AS-7Q2M: published 5 h ago, 72 h asked; use 3.2.0',
    );
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ maxLength: 400 }),
  fc.constantFrom(
    '\u001b[2J\u001b]0;x\u0007',
    'a\r\nSet-Cookie: x',
    '\u202eevil',
    '\ud800',
    '::add-mask::x\n::error::y',
    '',
    ';;;',
    '\t',
    '\u2028',
  ),
);
const anyReason: fc.Arbitrary<Reason> = fc
  .record({ rule: anyText, short: anyText, why: anyText, remedy: anyText })
  .map((texts) => ({ ...cooldown, ...texts }));
const anyRefusal: fc.Arbitrary<Refusal> = fc
  .record({
    caseId: fc.uint8Array({ minLength: 13, maxLength: 13 }).map(caseIdFrom),
    caseUrl: fc.oneof(anyText, fc.constant(held.caseUrl), fc.webUrl()),
    name: anyText,
    version: anyText,
    outcome: fc.constantFrom('hold' as const, 'block' as const),
    reasons: fc.array(anyReason, { maxLength: 6 }),
    useInstead: fc.option(anyText, { nil: undefined }),
    until: fc.option(fc.oneof(anyText, fc.constant(held.until ?? '')), { nil: undefined }),
  })
  .map((some) => ({ ...held, ...some }));

describe('any refusal, whatever an attacker wrote into it', () => {
  it('stays within every client’s budget', () => {
    fc.assert(
      fc.property(anyRefusal, (refusal) => {
        const answer = npmRefusal(refusal);
        assert.match(answer.reason, /^(Held|Blocked) AS-[0-9A-Z]{4}: [\x20-\x7e]*$/);
        assert.ok(answer.reason.length <= 120);
        for (const value of Object.values(answer.headers)) assert.match(value, /^[\x20-\x7e]{1,240}$/);
        const error = errorOf(answer.body);
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(error, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/);
        assert.ok(error.isWellFormed());
        assert.ok(error.split('\n').length <= 14);
        for (const line of error.split('\n').slice(1))
          assert.match(line, /^ {2}(HELD|BLOCKED|why|rules|use|wait|next|need it\?|proof| ) */);
      }),
      { numRuns: 1000 },
    );
  });

  it('never offers a command that a shell would read otherwise', () => {
    for (const name of ['a;rm -rf ~', 'a`id`', "a'b", 'a$(id)', 'a b', 'a\nb', '~root']) {
      assert.doesNotMatch(textOf({ ...held, name }), /npm i /, name);
    }
    assert.match(textOf({ ...held, name: '@s/a' }), /npm i @s\/a@3\.2\.0$/m);
  });
});
