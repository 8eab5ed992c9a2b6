import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { forHeader, forHtml, forTerminal } from './encode.ts';
import { own, ownObject, ownString, ownStrings, type JsonObject } from './json.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 300 });

test('nothing that moves a cursor, hides or reorders text reaches a terminal', () => {
  assert.equal(
    forTerminal('a\u001b[31mb\r\nc\u202ed\u200be'),
    'a\\u{1b}[31mb\\u{d}\\u{a}c\\u{202e}d\\u{200b}e',
  );
  fc.assert(fc.property(anyText, (text) => assert.doesNotMatch(forTerminal(text), /[\p{Cc}\u202a-\u202e]/u)));
});

test('a header value is printable ASCII within its length', () => {
  assert.equal(forHeader('a\r\nset-cookie: x=\u00e9'), 'a?set-cookie: x=?');
  fc.assert(fc.property(anyText, (text) => assert.match(forHeader(text), /^[\x20-\x7e]{0,120}$/)));
});

test('no text becomes markup, in an element or in a quoted attribute', () => {
  assert.equal(forHtml(`<b a="1" c='2'>&\``), '&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;&#96;');
  fc.assert(fc.property(anyText, (text) => assert.doesNotMatch(forHtml(text), /[<>"'`]/)));
});

test('what an object inherits is absent, what it really has is there (CVE-2019-10744)', () => {
  const plain = JSON.parse('{"a":"b"}') as JsonObject;
  for (const key of ['__proto__', 'constructor', 'toString']) assert.equal(own(plain, key), undefined);
  const hostile = JSON.parse('{"__proto__":{"x":"y"},"constructor":"z"}') as JsonObject;
  assert.deepEqual(ownObject(hostile, '__proto__'), { x: 'y' });
  assert.equal(ownString(hostile, 'constructor'), 'z');
  assert.equal(ownString(hostile, 'x'), undefined);
  assert.deepEqual([...ownStrings(hostile)], [['constructor', 'z']]);
});
