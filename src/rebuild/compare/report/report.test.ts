import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../core/json.ts';
import { compared, file, thing, withManifest, withText } from '../testing/packages.ts';
import { reportAsDiffoscope } from './diffoscope.ts';
import { reportAsHtml } from './html.ts';
import { reportAsText } from './text.ts';

const hostile = '</code><script>alert(1)</script>\u001b[31m"\'`\u202e&lt;';
const poisoned = compared(
  [
    ...withManifest(
      withText(thing, 'README.md', (text) => `${text}${hostile}\n`),
      { scripts: { postinstall: hostile } },
    ),
    file(`dist/${hostile.replaceAll('/', '').replace('\u001b', '')}.js`, `${hostile}\n`),
  ],
  thing,
);
const input = {
  name: `pkg:npm/${hostile}`,
  comparison: poisoned,
  rerun: `assay rebuild ${hostile}`,
  commits: [`Commits since ${hostile}`],
};

test('the text begins with the verdict and one sentence, and ends with the command', () => {
  const same = reportAsText({
    name: 'pkg:npm/thing@1.2.3',
    comparison: compared(thing, thing),
    rerun: 'assay rebuild x',
  });
  assert.deepEqual(same.split('\n').slice(0, 3), [
    'pkg:npm/thing@1.2.3: identical',
    'What upstream published is, byte for byte, what was built here from source.',
    '8 same, 0 forgiven, 0 benign, 0 unexplained, 0 suspicious',
  ]);
  assert.ok(same.endsWith('Again: assay rebuild x\n'));
});

test('who wrote and who reviewed the commits is told in every form', () => {
  const told = 'Commits since 2.0.3: 14 by 3 people, 1 new; 12 reviewed, 2 not.';
  const of = { ...input, commits: [told] };
  for (const text of [reportAsText(of), reportAsHtml(of), JSON.stringify(reportAsDiffoscope(of))])
    assert.ok(text.includes(told));
});

test('the text shows the content of what is on one side only before all else', () => {
  const { comparison } = {
    comparison: compared(
      [...thing, file('dist/z.js', 'evil();\n')],
      withText(thing, 'README.md', () => 'other'),
    ),
  };
  const text = reportAsText({ name: 'x', comparison, rerun: 'y' });
  const [extra, readme] = [text.indexOf('| evil();'), text.indexOf('| -other')];
  assert.ok(extra > 0 && readme > extra);
  assert.match(text, /\[S\] dist\/z\.js: only in what upstream published, never referenced/);
  assert.match(text, /S \+ {3}z\.js/);
});

test('nothing of a package reaches the terminal as an escape or a line of its own', () => {
  const text = reportAsText(input);
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('nothing of a package reaches HTML as markup, and the only style is the one its policy names', () => {
  const html = reportAsHtml(input);
  assert.doesNotMatch(html, /<script|javascript:|\son\w+=|\sstyle=|<img|<link|<iframe|https?:/i);
  const style = /<style>([^]*)<\/style>/.exec(html)?.[1] ?? '';
  const digest = createHash('sha256').update(style).digest('base64');
  assert.ok(html.includes(`style-src 'sha256-${digest}'`));
  assert.ok(html.includes("default-src 'none'"));
});

test('every tag in the HTML is closed, whatever the names are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, content) => {
      const path = `dist/${name.toWellFormed().replaceAll(/[/\\:\p{Cc}\u2028\u2029. ]/gu, '')}x.js`;
      const comparison = compared([...thing, file(path, content)], thing);
      const html = reportAsHtml({ name, comparison, rerun: content });
      const open = html.match(/<(?!!|meta|\/)[a-z0-9]+/g)?.length;
      assert.equal(open, html.match(/<\/[a-z0-9]+>/g)?.length);
    }),
    { numRuns: 100 },
  );
});

test('the JSON is what diffoscope writes: two sources, a diff or none, details, comments', () => {
  const json = reportAsDiffoscope(input);
  assert.deepEqual(Object.keys(json).sort(), [
    'comments',
    'details',
    'diffoscope-json-version',
    'source1',
    'source2',
    'unified_diff',
  ]);
  const details = json['details'] as readonly JsonObject[];
  assert.equal(details.length, poisoned.differences.length);
  for (const { source1, source2, unified_diff: diff, comments } of details) {
    assert.equal(typeof source1, 'string');
    assert.equal(typeof source2, 'string');
    assert.ok(diff === null || (typeof diff === 'string' && diff.startsWith('@@ -')));
    assert.ok(Array.isArray(comments) && comments.length >= 2);
  }
  assert.deepEqual(
    details
      .filter(({ source1 }) => source1 === '/dev/null')
      .map(({ unified_diff: diff }) => (typeof diff === 'string' ? diff.split('\n')[0] : diff)),
    ['@@ -0,0 +1,1 @@'],
  );
});
