import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { anonymous } from '../../core/subject.ts';
import { errorOf, parsed } from '../../../test/support/packuments.ts';
import { documentAnswer, npmError, pingAnswer, whoamiAnswer, type NpmProblem } from './answers.ts';
import { writeKinds } from './requests.ts';

const tokenText =
  'this scope needs a token; ask the operator for a token (assay token) and put it into .npmrc as _authToken';

const table: readonly (readonly [NpmProblem, number, string, string])[] = [
  [
    { kind: 'withheld', what: 'a@1.0.0', why: 'Too young.' },
    403,
    'Withheld a@1.0.0: assay explain a@1.0.0',
    'a@1.0.0 is withheld: Too young.',
  ],
  [
    { kind: 'not-found', what: 'left-pad@9.9.9' },
    404,
    'Not Found',
    'left-pad@9.9.9 is not in the upstream registry',
  ],
  [
    { kind: 'upstream-down', what: 'left-pad', why: 'connection refused', retryAfterSeconds: 7.2 },
    503,
    'Upstream registry unavailable: try again in 8 s',
    'left-pad: connection refused',
  ],
  [
    { kind: 'not-now', why: 'too many indexes are waiting', retryAfterSeconds: Number.NaN },
    503,
    'Assay cannot answer now: try again in 60 s',
    'too many indexes are waiting',
  ],
  [
    { kind: 'search' },
    405,
    'Not here: search',
    'not here: Assay has no search yet; look packages up where they are published',
  ],
  [
    { kind: 'write', what: 'publish' },
    405,
    'Not here: publish',
    'not here: publishing: Assay does not publish yet; publish to the upstream registry itself (npm publish --registry <upstream>)',
  ],
  [
    { kind: 'write', what: 'login' },
    501,
    'Not here: login',
    'not here: login: Assay has no accounts; ask its operator for a token (assay token) and put it into .npmrc as _authToken',
  ],
  [
    { kind: 'audit' },
    501,
    'No advisory feed is loaded',
    'Assay has no advisory feed loaded, so nothing was checked for known vulnerabilities',
  ],
  [
    { kind: 'audit', why: "Assay's advisory feed is empty" },
    501,
    'The advisory feed cannot be relied on',
    "Assay's advisory feed is empty, so nothing was checked for known vulnerabilities",
  ],
  [{ kind: 'no-keys' }, 404, 'Not Found', 'the upstream registry offers no signing keys'],
  [
    { kind: 'no-attestations', what: 'a@1.0.0' },
    404,
    'Not Found',
    'no attestations of a@1.0.0 are offered here',
  ],
  [{ kind: 'unknown' }, 404, 'Not Found', 'Assay has nothing at this address'],
  [
    { kind: 'unauthorized', why: 'this scope needs a token' },
    401,
    'Token needed: this scope needs a token',
    tokenText,
  ],
  [
    { kind: 'malformed', why: 'the path is percent-encoded twice' },
    400,
    'Malformed request: the path is percent-encoded twice',
    'malformed request: the path is percent-encoded twice',
  ],
  [
    { kind: 'host-not-allowed', host: 'evil.example.com' },
    421,
    'Host not allowed',
    'this gate does not answer for the host evil.example.com; add it to allowedHosts if it should',
  ],
];

describe('every other answer', () => {
  for (const [problem, status, reason, error] of table) {
    it(`${status} ${problem.kind}${'what' in problem ? ` ${problem.what}` : ''}`, () => {
      const answer = npmError(problem);
      assert.equal(answer.status, status);
      assert.equal(answer.reason, reason);
      assert.deepEqual(parsed(answer.body), { error });
      assert.equal(answer.headers['cache-control'], 'no-store');
    });
  }

  it('says when to try again after an outage, between a second and an hour', () => {
    const after = (seconds: number): string | undefined =>
      npmError({ kind: 'not-now', why: '', retryAfterSeconds: seconds }).headers['retry-after'];
    assert.deepEqual([0, 1.5, 99_999, Number.POSITIVE_INFINITY].map(after), ['1', '2', '3600', '60']);
  });

  it('asks for a token in words that npm prints: with the scheme as `Bearer` it would say "try npm login"', () => {
    assert.equal(
      npmError({ kind: 'unauthorized', why: 'expired, "x"' }).headers['www-authenticate']?.startsWith(
        'bearer realm="assay", error_description="expired   x ',
      ),
      true,
    );
  });

  it('to writes never is one that npm retries: 408, 420, 429 or 5xx, except on the POST of a login', () => {
    for (const what of writeKinds)
      assert.equal(npmError({ kind: 'write', what }).status, what === 'login' ? 501 : 405);
    assert.equal(npmError({ kind: 'write', what: 'publish' }).headers['allow'], 'GET, HEAD');
  });

  it('ping, whoami and documents', () => {
    assert.deepEqual(parsed(pingAnswer().body), {});
    assert.deepEqual(parsed(whoamiAnswer(anonymous).body), { username: 'anonymous' });
    const keys = Buffer.from('{"keys":[{"keyid":"x"}]}');
    assert.equal(documentAnswer(keys).body, keys);
    assert.equal(documentAnswer(keys).status, 200);
    assert.equal(npmError({ kind: 'no-keys' }).status, 404);
  });

  it('lets no hostile text into a header or a terminal', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    const problem = text.chain((why) =>
      fc.constantFrom<NpmProblem>(
        { kind: 'malformed', why },
        { kind: 'unauthorized', why },
        { kind: 'not-found', what: why },
        { kind: 'host-not-allowed', host: why },
        { kind: 'upstream-down', what: why, why, retryAfterSeconds: 1 },
      ),
    );
    fc.assert(
      fc.property(problem, (one) => {
        const answer = npmError(one);
        assert.match(answer.reason, /^[\x20-\x7e]{1,120}$/);
        for (const value of Object.values(answer.headers)) assert.match(value, /^[\x20-\x7e]+$/);
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(errorOf(answer.body), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});
