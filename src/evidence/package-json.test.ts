import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadingOutcome } from '../core/collector.ts';
import { readPackageJson } from './package-json.ts';

function stateOf(manifestText: string): string {
  const reading = {
    verdict: 'agreed',
    members: [{ type: 'file', path: 'package/package.json' }],
    manifestText,
  };
  return readPackageJson({ state: 'read', reading } as unknown as ReadingOutcome).state;
}

test('a key whose letters are written as escapes is not read: a reader may take it for another one', () => {
  for (const text of [
    String.raw`{"name":"a","\u0073cripts":{"postinstall":"x"}}`,
    String.raw`{"name":"a","scripts":{"post\u0069nstall" : "x"}}`,
  ])
    assert.equal(stateOf(text), 'unreadable', text);
});

test('escapes in values, and signs in keys, are read as ever', () => {
  for (const text of [
    String.raw`{"name":"a","description":"\u0073mall \"and\" tidy"}`,
    String.raw`{"name":"a","jest":{"transform":{"\\.tsx?$":"x","a\"b":1,"\u00e9":2,"\u003c":3}}}`,
    String.raw`{"name":"a","list":["\u0061", "b"],"scripts":{"test":"x"}}`,
  ])
    assert.equal(stateOf(text), 'read', text);
});
