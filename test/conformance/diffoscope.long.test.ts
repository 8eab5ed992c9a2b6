/**
 * Our JSON report against diffoscope itself: it must load it, write the very same back, and show it as text and HTML. Takes
 * `diffoscope` of the machine, else the one that `pip` installs into a folder that is thrown away; skipped where neither is.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Comparison } from '../../src/core/rebuild.ts';
import {
  compared,
  file,
  json,
  manifest,
  thing,
  withText,
} from '../../src/rebuild/compare/testing/packages.ts';
import { reportAsDiffoscope } from '../../src/rebuild/compare/report/diffoscope.ts';

const version = '332';
const installed = 'diffoscope';
const folder = mkdtempSync(join(tmpdir(), 'assay-diffoscope-'));
const program = findDiffoscope();
const absent = program === undefined ? 'no diffoscope, and pip installs none' : false;

function findDiffoscope(): string | undefined {
  if (spawnSync(installed, ['--version']).status === 0) return installed;
  const venv = join(folder, 'venv');
  if (spawnSync('python3', ['-m', 'venv', venv]).status !== 0) return undefined;
  const install = spawnSync(join(venv, 'bin/pip'), ['install', '--quiet', `diffoscope==${version}`], {
    timeout: 300_000,
  });
  return install.status === 0 ? join(venv, 'bin/diffoscope') : undefined;
}

/** What diffoscope makes of a report, in three forms. */
function shown(comparison: Comparison): {
  readonly report: unknown;
  readonly again: unknown;
  readonly text: string;
} {
  const report = reportAsDiffoscope({
    name: 'pkg:npm/thing@1.2.3',
    comparison,
    rerun: 'assay rebuild thing',
  });
  const [given, again, text, html] = ['given.json', 'again.json', 'shown.txt', 'shown.html'].map((name) =>
    join(folder, name),
  );
  assert.ok(program !== undefined && given !== undefined && again !== undefined);
  assert.ok(text !== undefined && html !== undefined);
  writeFileSync(given, JSON.stringify(report));
  const options = ['--json', again, '--text', text, '--html', html, '--max-report-size', '0'];
  const { status, stderr } = spawnSync(program, ['--load-existing-diff', given, ...options], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  // 1: there are differences. Anything else, and any traceback, is a form it does not know.
  assert.equal(status, 1, stderr);
  assert.doesNotMatch(stderr, /Traceback|Error/);
  assert.match(readFileSync(html, 'utf8'), /<\/html>/);
  return {
    report: normal(report),
    again: normal(JSON.parse(readFileSync(again, 'utf8'))),
    text: readFileSync(text, 'utf8'),
  };
}

/** It leaves lists out that are empty. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, held]) => !Array.isArray(held) || held.length > 0);
  return Object.fromEntries(entries.map(([key, held]) => [key, normal(held)]));
}

describe('diffoscope', { skip: absent }, () => {
  after(() => rmSync(folder, { recursive: true }));

  it('reads what differs in every way a package can, and writes it back as it was', () => {
    const long = Array.from({ length: 5000 }, (_, at) => `line(${at});`).join('\n');
    const minified = Array.from({ length: 4000 }, (_, at) => `f${at}=function(a){return a*${at}}`).join(',');
    const common = [...thing, file('dist/long.js', long), file('dist/min.js', minified), file('bin/b', '')];
    const changed = withText(common, 'dist/long.js', (text) => text.replaceAll(/\(\d*[37]\)/g, '(0)'));
    const upstream = [
      ...withText(changed, 'dist/min.js', (text) => text.replace('a*1234', 'a/1234')),
      file('only-upstream.js', 'steal();\n'),
      file('no-end.js', 'one\ntwo'),
      file('empty.txt', ''),
      file('data.bin', Buffer.from([0, 1, 2, 0xff])),
      file('wéird \u{1F600}.js', 'a\u0000b'),
    ];
    const rebuilt = [
      ...common.map((one) => (one.path === 'bin/b' ? { ...one, mode: 0o755 } : one)),
      file('only-rebuilt.md', '# x\r\n\u2028\n'),
      file('data.bin', Buffer.from([0, 1, 3, 0xff])),
    ];
    const found = compared(
      withText(upstream, 'package.json', () => json({ ...manifest, scripts: { postinstall: 'id' } })),
      rebuilt,
    );
    const { report, again, text } = shown(found);
    assert.deepEqual(again, report);
    for (const { path, rule } of found.differences) {
      assert.ok(text.includes(rule), rule);
      assert.ok(text.includes(path.slice(0, 1)), path);
    }
    assert.match(text, /a\/1234/);
  });

  it('reads an archive that could not be compared', () => {
    const { report, again, text } = shown(compared([...thing, file('../x', 'x')], thing));
    assert.deepEqual(again, report);
    assert.match(text, /ambiguous\/path-dotdot/);
  });

  it('reads whatever texts hold', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    const lines = fc.array(fc.oneof(text, fc.constantFrom('@@ -1 +1 @@', '---', '+++ b', '\\ No newline')));
    fc.assert(
      fc.property(fc.array(fc.tuple(lines, lines), { minLength: 10, maxLength: 30 }), (pairs) => {
        const files = (side: 0 | 1): ReturnType<typeof file>[] =>
          pairs.map((pair, at) => file(`f${at}.js`, pair[side].join('\n').toWellFormed()));
        const found = compared([...thing, ...files(0)], [...thing, ...files(1)]);
        if (found.differences.length === 0) return;
        const { report, again } = shown(found);
        assert.deepEqual(again, report);
      }),
      { numRuns: 10 },
    );
  });
});
