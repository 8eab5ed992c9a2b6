/**
 * Runs the suites in order: the checks first (they are quick and name the line), then the tests.
 *
 *     bin/node scripts/test.ts [--long] [--only checks|tests] [file or folder ...]
 *
 * Prints `N passed, N failed, N skipped` alone on a line and every skipped test with its reason.
 * With ASSAY_TEST_NO_SKIPS=1 a skip is a failure: continuous integration has all the outside tools.
 */
import { existsSync, globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runChecks } from './test/checks.ts';
import { runTestFiles, type TestOutcome } from './test/run-files.ts';

const root = resolve(import.meta.dirname, '..');

/** A file gets this long before it counts as hung. */
const fileTimeoutMs = { usual: 8 * 60_000, long: 40 * 60_000 };

function testFiles(long: boolean, chosen: readonly string[]): readonly string[] {
  const all = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root }).sort();
  const wanted = chosen.map((path) => relative(root, resolve(path)));
  const isWanted = (file: string): boolean =>
    wanted.length === 0 || wanted.some((path) => file === path || file.startsWith(`${path}/`));
  return all.filter((file) => file.endsWith('.long.test.ts') === long && isWanted(file));
}

function report(outcome: TestOutcome, noSkips: boolean): boolean {
  for (const failure of outcome.failures)
    console.log(`\n✖ ${failure.name}\n  ${failure.file}\n${failure.detail}`);
  if (outcome.skips.length > 0) console.log('\nskipped:');
  for (const skip of outcome.skips) console.log(`  ${skip.name}: ${skip.reason}`);
  console.log(
    `\n${outcome.passed} passed, ${outcome.failures.length} failed, ${outcome.skips.length} skipped`,
  );
  if (noSkips && outcome.skips.length > 0) {
    console.log('a skip is a failure here (ASSAY_TEST_NO_SKIPS=1)');
    return false;
  }
  return outcome.failures.length === 0;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { long: { type: 'boolean', default: false }, only: { type: 'string' } },
    allowPositionals: true,
  });
  const { long, only } = values;
  if (only !== undefined && only !== 'checks' && only !== 'tests') {
    console.error('test: --only takes "checks" or "tests"');
    return 2;
  }
  for (const path of positionals) {
    if (existsSync(path)) continue;
    console.error(`test: no such file or folder: ${path}`);
    return 2;
  }
  const withChecks = only === 'checks' || (only === undefined && !long && positionals.length === 0);
  const checksPass = !withChecks || (await runChecks(root));
  if (only === 'checks') return checksPass ? 0 : 1;

  const files = testFiles(long, positionals);
  if (files.length === 0) {
    console.error('test: there is no test file to run, so nothing was tested');
    return 3;
  }
  const timeoutMs = long ? fileTimeoutMs.long : fileTimeoutMs.usual;
  const testsPass = report(
    await runTestFiles(root, files, timeoutMs),
    process.env['ASSAY_TEST_NO_SKIPS'] === '1',
  );
  return checksPass && testsPass ? 0 : 1;
}

process.exitCode = await main();
