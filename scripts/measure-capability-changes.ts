/**
 * Measures what `capability-change` says of real updates: each release of the first set of docs/accuracy.md against the
 * stable version just below it (test/support/accuracy/first-set-before.json), and writes the table into that page.
 *
 *   bin/node scripts/measure-capability-changes.ts [--no-write]
 *
 * Packages are fetched by npm into .cache/accuracy, once.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ScanAttempt } from '../src/core/scan-report.ts';
import { capabilitiesCollector } from '../src/evidence/capabilities/collect.ts';
import {
  fetchAll,
  packagesOf,
  tarballOfReal,
  type RealPackage,
} from '../test/support/accuracy/real-packages.ts';
import { openScanner } from '../test/support/accuracy/scanner.ts';
import { between } from '../test/support/accuracy/tables.ts';
import { sampleInput, sampleVersion } from '../test/support/collector-input.ts';

const { values } = parseArgs({ options: { 'no-write': { type: 'boolean', default: false } } });
const page = new URL('../docs/accuracy.md', import.meta.url);
const cache = new URL('../.cache/accuracy/npm', import.meta.url).pathname;

type Row = readonly [name: string, version: string, before: string, integrity: string];
const rows = JSON.parse(
  await readFile(new URL('../test/support/accuracy/first-set-before.json', import.meta.url), 'utf8'),
) as readonly Row[];
const releases = new Map(packagesOf('first').map((one) => [`${one.name}@${one.version}`, one]));

const scanner = await openScanner();
const reports = new Map<string, ScanAttempt>();
const results = new Map<string, number>();
const failed: string[] = [];
try {
  await fetchAll(cache, packagesOf('first'));
  await fetchAll(
    cache,
    rows.map(([name, , version, integrity]) => ({ name, version, integrity })),
  );
  for (const [name, version, before, integrity] of rows) {
    const release = releases.get(`${name}@${version}`);
    if (release === undefined) throw new Error(`${name}@${version} is not in the first set`);
    const evidence = await capabilitiesCollector.collect(
      sampleInput({
        version: sampleVersion({ version }),
        scan: await scanned(release),
        previousScan: { version: before, outcome: await scanned({ name, version: before, integrity }) },
      }),
    );
    results.set(evidence.result, (results.get(evidence.result) ?? 0) + 1);
    if (evidence.result === 'fail') failed.push(`| ${name} | ${before} → ${version} | ${evidence.summary} |`);
  }
} finally {
  await scanner.close();
}
const told = [...results]
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(([result, count]) => `${count} \`${result}\``);
const table = [
  `${rows.length} updates: ${told.join(', ')}.`,
  ...(failed.length === 0 ? [] : ['', '| package | update | why |', '| --- | --- | --- |', ...failed]),
].join('\n');
process.stdout.write(`${table}\n`);
if (!values['no-write'])
  await writeFile(page, between(await readFile(page, 'utf8'), 'capability-changes', table));

async function scanned(one: RealPackage): Promise<ScanAttempt> {
  const known = reports.get(one.integrity) ?? (await scanner.scan(await tarballOfReal(cache, one)));
  reports.set(one.integrity, known);
  return known;
}
