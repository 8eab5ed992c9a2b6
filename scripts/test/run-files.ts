/** Runs test files with node:test, two at a time, and counts single tests, not files. */
import { relative, resolve } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';

export interface TestOutcome {
  readonly passed: number;
  readonly failures: readonly { readonly name: string; readonly file: string; readonly detail: string }[];
  readonly skips: readonly { readonly name: string; readonly reason: string }[];
}

/** The part of node:test's event data that is read here. */
interface TestEvent {
  readonly name: string;
  /** Where the test is declared: a helper, when that declares it. */
  readonly file?: string;
  /** The file that was run. */
  readonly entryFile?: string;
  readonly nesting: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string; readonly duration_ms?: number; readonly error?: Error };
}

interface Tally {
  passed: number;
  readonly failures: { name: string; file: string; detail: string }[];
  readonly skips: { name: string; reason: string }[];
  /** Files in which at least one test was seen: a file without any checks nothing. */
  readonly seen: Set<string>;
}

/** node:test's own totals, which come as diagnostics too. */
const isCount = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

export async function runTestFiles(
  root: string,
  files: readonly string[],
  fileTimeoutMs: number,
): Promise<TestOutcome> {
  const tally: Tally = { passed: 0, failures: [], skips: [], seen: new Set() };
  const paths = files.map((file) => resolve(root, file));
  const stream = run({
    files: paths,
    concurrency: 2,
    timeout: fileTimeoutMs,
    cwd: root,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  for await (const { type, data } of stream) {
    if (type === 'test:pass') passed(root, tally, data as TestEvent);
    if (type === 'test:fail') failed(root, tally, data as TestEvent);
    if (type === 'test:summary' && data.file !== undefined && data.counts.tests > 0)
      tally.seen.add(data.file);
    if (type === 'test:diagnostic' && !isCount.test(data.message)) console.log(`  ${data.message}`);
    if (type === 'test:stderr' || type === 'test:stdout')
      process.stderr.write((data as { message: string }).message);
  }
  for (const path of paths) {
    if (tally.seen.has(path)) continue;
    tally.failures.push({ name: relative(root, path), file: path, detail: '  no test ran in this file' });
  }
  return tally;
}

/** With a process per file, a file that fails to load is reported as a test named like the file. */
function isFileItself(root: string, event: TestEvent): boolean {
  const file = entryOf(event);
  return event.nesting === 0 && file !== undefined && resolve(root, event.name) === file;
}

function entryOf(event: TestEvent): string | undefined {
  return event.entryFile ?? event.file;
}

function passed(root: string, tally: Tally, event: TestEvent): void {
  if (isFileItself(root, event)) return;
  const skip = event.skip ?? event.todo;
  const isSkipped = skip !== undefined && skip !== false;
  // Of a suite that is skipped whole, nothing else is told of the tests in it.
  if (event.details.type === 'suite' && !isSkipped) return;
  if (isSkipped) {
    const file = entryOf(event);
    if (file !== undefined) tally.seen.add(file);
    tally.skips.push({
      name: event.name,
      reason: typeof skip === 'string' && skip !== '' ? skip : 'no reason given',
    });
    return;
  }
  tally.passed += 1;
  console.log(`✔ ${label(root, event)}`);
}

function failed(root: string, tally: Tally, event: TestEvent): void {
  const error = event.details.error;
  const cause = error?.cause instanceof Error ? error.cause : error;
  const file = entryOf(event);
  if (file !== undefined) tally.seen.add(file);
  // A suite fails because a test in it did, which has been counted already.
  if (event.details.type === 'suite' && /subtests? failed/.test(error?.message ?? '')) return;
  console.log(`✖ ${label(root, event)}`);
  const detail = (cause?.stack ?? inspect(error?.cause ?? error))
    .replace(/^\s+at .*\(?node:internal.*$\n?/gm, '')
    .replace(/^/gm, '    ');
  tally.failures.push({ name: event.name, file: file ?? '', detail });
}

function label(root: string, event: TestEvent): string {
  const seconds = (event.details.duration_ms ?? 0) / 1000;
  const slow = seconds >= 1 ? ` (${seconds.toFixed(1)} s)` : '';
  const file = entryOf(event);
  return `${file === undefined ? '' : `${relative(root, file)}: `}${event.name}${slow}`;
}
