/** The test runner counts what ran, and takes nothing for a pass that was none. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestOutcome } from '../scripts/test/run-files.ts';
import { root } from './support/repository.ts';
import { withTree } from './support/tree.ts';

const start = `import { test, describe } from 'node:test'; import assert from 'node:assert';\n`;

/** In a process of its own, since node:test does not run inside itself. */
function outcomeOf(files: Readonly<Record<string, string>>): TestOutcome {
  const driver = `
    import { runTestFiles } from ${JSON.stringify(join(root, 'scripts/test/run-files.ts'))};
    const outcome = await runTestFiles(import.meta.dirname, ${JSON.stringify(Object.keys(files).filter((file) => file.endsWith('.test.ts')))}, 20_000);
    console.log('OUTCOME' + JSON.stringify(outcome));`;
  return withTree({ ...files, 'driver.ts': driver }, (folder) => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const run = spawnSync(process.execPath, [join(folder, 'driver.ts')], { env, encoding: 'utf8' });
    return JSON.parse(
      /^OUTCOME(.*)$/m.exec(run.stdout)?.[1] ?? assert.fail(run.stdout + run.stderr),
    ) as TestOutcome;
  });
}

test('passes, failures and skips are counted by test, with reasons', () => {
  const { passed, failures, skips } = outcomeOf({
    'a.test.ts': `${start}test('one', () => {}); describe('group', () => { test('two', () => {}); test('three', () => assert.equal(1, 2)); });`,
    'declares.ts': `${start}export const each = (name) => test(name, () => {});`,
    'c.test.ts': `import { each } from './declares.ts'; each('seven');`,
    'b.test.ts': `${start}test('four', { skip: 'no bsdtar here' }, () => {}); test('five', (t) => t.skip()); test('six', { todo: true }, () => {});`,
  });
  assert.equal(passed, 3);
  assert.deepEqual(
    failures.map(({ name }) => name),
    ['three'],
  );
  assert.match(failures[0]?.detail ?? '', /1 == 2/);
  assert.deepEqual(
    skips.map(({ name, reason }) => [name, reason]),
    [
      ['four', 'no bsdtar here'],
      ['five', 'no reason given'],
      ['six', 'no reason given'],
    ],
  );
});

test('a suite that is skipped whole is a skip, not silence, nor a file without tests', () => {
  const { passed, failures, skips } = outcomeOf({
    'a.test.ts': `${start}describe('with a sandbox', { skip: 'no bubblewrap here' }, () => { test('one', () => {}); });`,
    'b.test.ts': `${start}describe('with a sandbox too', { skip: 'no bubblewrap here' }, () => { test('one', () => {}); }); test('two', () => {});`,
  });
  assert.equal(passed, 1);
  assert.deepEqual(failures, []);
  assert.deepEqual(
    skips.map(({ name, reason }) => [name, reason]),
    [
      ['with a sandbox', 'no bubblewrap here'],
      ['with a sandbox too', 'no bubblewrap here'],
    ],
  );
});

test('a file that does not load, ends early, or holds no test is a failure', () => {
  const { passed, failures } = outcomeOf({
    'broken.test.ts': `import './not-there.ts';`,
    'exits.test.ts': `${start}test('never', () => process.exit(0));`,
    'empty.test.ts': `export const nothing = 1;`,
  });
  assert.equal(passed, 0);
  const names = failures.map(({ name, file }) => `${name} ${file}`).join('\n');
  for (const file of ['broken', 'exits', 'empty']) assert.match(names, new RegExp(`${file}\\.test\\.ts`));
});
