import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { severityOfScore, scoreVector } from './score.ts';
import { macroVectorScores } from './macro-vectors.ts';

function scoreOf(vector: string): number | undefined {
  return scoreVector(vector)?.score;
}

/** Of FIRST's own documents of examples, and of vulnerabilities that everybody knows. */
const published: readonly (readonly [vector: string, score: number])[] = [
  // v2 guide, section 3.3: CVE-2002-0392, CVE-2003-0818, CVE-2003-0062.
  ['AV:N/AC:L/Au:N/C:N/I:N/A:C', 7.8],
  ['AV:N/AC:L/Au:N/C:C/I:C/A:C', 10],
  ['AV:L/AC:H/Au:N/C:C/I:C/A:C', 6.2],
  ['(AV:N/AC:M/Au:N/C:P/I:P/A:P/E:F/RL:OF/RC:C)', 6.8],
  ['AV:N/AC:L/Au:N/C:N/I:N/A:N', 0],
  // v3 examples: CVE-2013-1937, CVE-2013-0375, CVE-2014-3566, CVE-2012-1516, CVE-2009-0783.
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1],
  ['CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N', 6.4],
  ['CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N', 3.1],
  ['CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H', 9.9],
  ['CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L', 4.2],
  // CVE-2021-44228, CVE-2014-0160, and one that is nothing.
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 10],
  ['CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N', 7.5],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 0],
  // v4.0 examples.
  ['CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 7.3],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H', 10],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N', 0],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N', 8.7],
];

test('published vectors have the scores that FIRST gives them', () => {
  for (const [vector, score] of published) assert.equal(scoreOf(vector), score, vector);
});

test('v3.1 rounds without what floating point leaves over, and gives every base vector the score of v3.0', () => {
  const values = { AV: 'NALP', AC: 'LH', PR: 'NLH', UI: 'NR', S: 'UC', C: 'NLH', I: 'NLH', A: 'NLH' };
  const vectors = Object.entries(values).reduce<readonly string[]>(
    (all, [metric, letters]) =>
      all.flatMap((one) => letters.split('').map((letter) => `${one}/${metric}:${letter}`)),
    [''],
  );
  assert.equal(vectors.length, 2592);
  for (const vector of vectors) {
    const score = scoreOf(`CVSS:3.1${vector}`) ?? Number.NaN;
    assert.equal(score, scoreOf(`CVSS:3.0${vector}`), vector);
    assert.equal(score, Number(score.toFixed(1)));
  }
});

test('v4.0: threat metrics lower the score, and metrics that are not defined mean the worst', () => {
  const vector = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N';
  const [whole = 0, attacked, unreported = 0] = ['', '/E:A', '/E:U'].map((more) =>
    scoreOf(`${vector}${more}`),
  );
  assert.equal(whole, 9.3);
  assert.equal(attacked, whole);
  assert.ok(unreported < whole);
  assert.equal(scoreOf(`${vector}/E:X/CR:X/IR:X/AR:X`), whole);
});

test('there are 270 MacroVectors, and none scores higher than one that is worse in a single class', () => {
  const rows = Object.entries(macroVectorScores);
  assert.equal(rows.flatMap(([, scores]) => scores).length, 270);
  for (const [key, scores] of rows) {
    scores.forEach((score, at) => {
      assert.ok(score > 0 && score <= 10);
      if (at % 3 > 0) assert.ok(score <= (scores[at - 1] ?? 0), `${key} ${at}`);
      if (at >= 3) assert.ok(score <= (scores[at - 3] ?? 0), `${key} ${at}`);
    });
  }
});

test('a vector that lacks a metric, has one twice, or has an unknown one has no score', () => {
  const whole = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
  assert.equal(scoreOf(whole), 9.8);
  for (const bad of [
    '',
    'CVSS:3.1/',
    'CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    whole.replace('/A:H', ''),
    `${whole}/A:N`,
    `${whole}/ZZ:N`,
    `${whole}/`,
    whole.replace('AV:N', 'AV:Z'),
    whole.replace('AV:N', 'AV:N:N'),
    whole.replace('AV:N', '__proto__:N'),
    whole.toLowerCase(),
    `${whole}/E:X${' '.repeat(1000)}`,
  ])
    assert.equal(scoreOf(bad), undefined, bad);
});

test('the metrics may come in any order', () => {
  const metrics = ['AV:N', 'AC:H', 'PR:L', 'UI:R', 'S:C', 'C:H', 'I:L', 'A:N'];
  const wanted = scoreOf(`CVSS:3.1/${metrics.join('/')}`);
  fc.assert(
    fc.property(fc.shuffledSubarray(metrics, { minLength: 8 }), (shuffled) => {
      assert.equal(scoreOf(`CVSS:3.1/${shuffled.join('/')}`), wanted);
    }),
  );
});

const worseFirst: Readonly<Record<string, string>> = {
  AV: 'NALP',
  AC: 'LH',
  AT: 'NP',
  PR: 'NLH',
  UI: 'NPA',
  VC: 'HLN',
  VI: 'HLN',
  VA: 'HLN',
  SC: 'HLN',
  SI: 'HLN',
  SA: 'HLN',
};

test('v4.0: every vector has a score of 0 to 10 with one decimal', () => {
  const vector = fc.tuple(
    ...Object.entries(worseFirst).map(([metric, values]) =>
      fc.constantFrom(...values.split('')).map((one) => `${metric}:${one}`),
    ),
  );
  fc.assert(
    fc.property(vector, (metrics) => {
      const score = scoreOf(`CVSS:4.0/${metrics.join('/')}`) ?? Number.NaN;
      assert.ok(score >= 0 && score <= 10);
      assert.equal(score, Number(score.toFixed(1)));
    }),
  );
});

test('any text has a score or none, without an exception', () => {
  const part = fc.constantFrom(
    'CVSS:4.0',
    'CVSS:3.1',
    'CVSS:2.0',
    'AV:N',
    'AC:L',
    'PR:N',
    '/',
    ':',
    'E:X',
    '(',
    ')',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 20 }).map((parts) => parts.join('/')),
  );
  fc.assert(
    fc.property(text, (vector) => {
      const found = scoreVector(vector);
      assert.ok(found === undefined || (found.score >= 0 && found.score <= 10));
    }),
  );
});

test('scores have the severities of the bands', () => {
  const wanted = {
    0: 'none',
    0.1: 'low',
    3.9: 'low',
    4: 'medium',
    6.9: 'medium',
    7: 'high',
    8.9: 'high',
    9: 'critical',
  };
  for (const [score, severity] of Object.entries(wanted))
    assert.equal(severityOfScore(Number(score)), severity);
});
