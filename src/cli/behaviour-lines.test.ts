import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BehaviourShown } from '../server/control/behaviour-protocol.ts';
import { behaviourLines } from './behaviour-lines.ts';

const plain = { paint: (_tone: string, text: string) => text };

const report: NonNullable<BehaviourShown['report']> = {
  artifact: 'a'.repeat(64),
  at: '2026-11-20T10:00:00.000Z',
  observer: 'watcher 1',
  isolation: 'full',
  scripts: ['install', 'postinstall'],
  ended: 'failed',
  events: 12,
  whole: true,
  actions: ['connect:203.0.113.7:443', 'exec:node', 'exec:sh'],
  findings: [
    {
      rule: 'behaviour/honeytoken-read',
      severity: 'critical',
      message: 'It read a token.',
      process: 'node setup.js',
      at: 3,
    },
  ],
  missing: ['left@^1.0.0'],
  output: 'thanks\n',
  compared: { version: '0.9.0', gained: ['connect:203.0.113.7:443'], lost: [] },
};

test('a report says what was found before what was done, and what the version before did not do', () => {
  assert.deepEqual(behaviourLines(plain, { purl: 'pkg:npm/a@1.0.0', report }), [
    'pkg:npm/a@1.0.0: does what an attack does (1 finding)',
    '  critical  It read a token. [behaviour/honeytoken-read]',
    '    by node setup.js (event 3)',
    'scripts    install, postinstall: ended with a failure, as scripts do that need a network',
    'connect    203.0.113.7:443',
    'exec       node, sh',
    'new        not done by 0.9.0: connect:203.0.113.7:443',
    'not here   dependencies that were not beside it: left@^1.0.0',
    'printed',
    '  thanks',
    'watched    2026-11-20T10:00:00.000Z by watcher 1, isolation full; 12 events',
  ]);
});

test('what was not seen to its end, or through holes, never reads as clean', () => {
  const clean = { ...report, findings: [], ended: 'exit' };
  const first = (change: Partial<typeof report>) =>
    behaviourLines(plain, { purl: 'pkg:npm/a@1.0.0', report: { ...clean, ...change } })[0];
  assert.equal(first({}), 'pkg:npm/a@1.0.0: nothing suspicious was seen');
  for (const change of [
    { whole: false },
    { ended: 'timeout' },
    { ended: 'killed' },
    { isolation: 'partial' },
  ])
    assert.match(first(change) ?? '', /not seen whole/, JSON.stringify(change));
});

test('without a report it is said that nobody watched, and why', () => {
  assert.deepEqual(behaviourLines(plain, { purl: 'pkg:npm/a@1.0.0', why: 'There is no sandbox.' }), [
    'pkg:npm/a@1.0.0: not watched',
    'There is no sandbox.',
  ]);
});

test('whatever a package printed, named or did, no line holds a control character', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, fc.array(text), (output, message, actions) => {
      const findings = report.findings.map((one) => ({ ...one, message, process: output, rule: message }));
      const hostile = {
        ...report,
        output,
        actions,
        findings,
        missing: actions,
        scripts: actions,
        ended: message,
      };
      for (const line of behaviourLines(plain, { purl: message, report: hostile, why: output }))
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]/);
    }),
    { numRuns: 50 },
  );
});
