import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../../core/errors.ts';
import { readYamlTree } from './yaml-tree.ts';

const read = (text: string): unknown => readYamlTree('a.yaml', text).value;
const refusal = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    assert.ok(isAssayError(error, 'CONFIG_INVALID'), String(error));
    return error.message;
  }
  return assert.fail(`was accepted: ${text}`);
};

test('plain YAML is read as data, with the place of every value and key', () => {
  const tree = readYamlTree('a.yaml', 'port: 1\npolicy:\n  deny:\n    - package: a\n');
  assert.deepEqual(tree.value, { port: 1, policy: { deny: [{ package: 'a' }] } });
  assert.deepEqual(tree.place(['policy', 'deny', 0, 'package']), { line: 4, column: 16 });
  assert.deepEqual(tree.place(['policy'], true), { line: 2, column: 1 });
});

test('an empty file is an empty configuration', () => {
  assert.deepEqual(read(''), {});
  assert.deepEqual(read('# only a comment\n'), {});
});

test('a key that is there twice is refused at its second place', () => {
  assert.match(refusal('port: 1\nport: 2\n'), /^a\.yaml:2:1: .*twice/);
});

test('aliases, anchors, merge keys and tags are refused, so that nothing unfolds', () => {
  assert.match(refusal('a: &x [1]\nb: *x\n'), /^a\.yaml:1:\d+: anchors/);
  assert.match(refusal('a: *x\n'), /^a\.yaml:1:4: /);
  assert.match(refusal('<<: {a: 1}\n'), /merge keys/);
  assert.match(refusal('a: !!js/function x\n'), /a\.yaml:1/);
  assert.match(refusal('a: !mine x\n'), /a\.yaml:1/);
});

test('a bare * is named as such, not as a YAML alias', () => {
  assert.match(refusal('allowedHosts: *\n'), /^a\.yaml:1:15: a bare `\*`/);
});

test('a star in quotes is text like any other here', () => {
  assert.deepEqual(read('a: "*"\n'), { a: '*' });
});

test('nesting and size have bounds', () => {
  assert.match(refusal(`${'{a: '.repeat(14)}1${'}'.repeat(14)}`), /nested too deeply/);
  assert.match(refusal('['.repeat(200_000)), /^a\.yaml:1:\d+: /);
  assert.match(refusal(`a: [${'1,'.repeat(20_001)}]`), /more values/);
  assert.match(refusal(`a: "${'x'.repeat(1024 * 1024)}"`), /larger than 1 MiB/);
});

test('a __proto__ key stays a key of its own and touches no prototype', () => {
  const value = read('__proto__:\n  polluted: true\n') as object;
  assert.deepEqual(Object.keys(value), ['__proto__']);
  assert.equal('polluted' in {}, false);
});

test('any text is read or refused with line and column, never anything else', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('ab:-&*!<{}[]"\'#,|>\n \t%?')), maxLength: 60 }),
      (text) => {
        try {
          read(text);
        } catch (error) {
          assert.ok(isAssayError(error, 'CONFIG_INVALID'), `${JSON.stringify(text)}: ${String(error)}`);
          assert.match(error.message, /^a\.yaml:\d+:\d+: /);
        }
      },
    ),
    { numRuns: 500 },
  );
});
