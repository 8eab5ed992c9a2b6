/**
 * Measures the static scanner over the corpus, its harmless twins and the three sets of real packages, and writes the
 * tables into docs/accuracy.md.
 *
 *   bin/node scripts/measure-accuracy.ts                    all of it
 *   bin/node scripts/measure-accuracy.ts --only corpus      or: twins, first, second, third; prints, writes that part alone
 *   bin/node scripts/measure-accuracy.ts --no-write         prints alone
 *   bin/node scripts/measure-accuracy.ts --missed           names what the tuning half misses, with findings
 *
 * Real packages are fetched by npm into .cache/accuracy, once. Of the independent half only numbers are printed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureIncidents, measureReal, measureTwins } from '../test/support/accuracy/measure.ts';
import { fetchAll, packagesOf, type SetName } from '../test/support/accuracy/real-packages.ts';
import { openScanner } from '../test/support/accuracy/scanner.ts';
import {
  between,
  realTable,
  recallTable,
  ruleTable,
  scannerLine,
  scoreOf,
  twinTable,
  verdictOf,
  type Measured,
  type MeasuredMalicious,
} from '../test/support/accuracy/tables.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    'no-write': { type: 'boolean', default: false },
    missed: { type: 'boolean', default: false },
  },
});
const page = new URL('../docs/accuracy.md', import.meta.url);
const cache = new URL('../.cache/accuracy/npm', import.meta.url).pathname;
const wanted = (part: string): boolean => values.only === undefined || values.only === part;
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

const scanner = await openScanner();
const tables: (readonly [name: string, text: string])[] = [];
try {
  const incidents = wanted('corpus') ? await measureIncidents(scanner.scan) : [];
  const twins = wanted('twins') || wanted('corpus') ? await measureTwins(scanner.scan) : [];
  const first = wanted('first') ? await real('first') : [];
  const second = wanted('second') ? await real('second') : [];
  const third = wanted('third') ? await real('third') : [];
  if (incidents.length > 0) {
    tables.push([
      'recall',
      [
        scannerLine(incidents, new Date().toISOString().slice(0, 10)),
        recallTable(incidents, 'incident'),
        recallTable(incidents, 'variant'),
      ].join('\n\n'),
    ]);
    tables.push(['rules', ruleTable(incidents, [...twins, ...first])]);
    if (values.missed) printMissed(incidents);
  }
  if (twins.length > 0) tables.push(['twins', twinTable(twins)]);
  if (first.length > 0) tables.push(['first-set', realTable(first)]);
  if (second.length > 0) tables.push(['second-set', realTable(second)]);
  if (third.length > 0) tables.push(['third-set', realTable(third)]);
} finally {
  await scanner.close();
}
for (const [name, text] of tables) print(`## ${name}\n\n${text}\n`);
if (!values['no-write']) {
  const now = await readFile(page, 'utf8');
  await writeFile(
    page,
    tables.reduce((text, [name, table]) => between(text, name, table), now),
  );
}

async function real(set: SetName): Promise<readonly Measured[]> {
  await fetchAll(cache, packagesOf(set));
  return measureReal(scanner.scan, cache, set);
}

function printMissed(rows: readonly MeasuredMalicious[]): void {
  for (const { id, half, outcome } of rows) {
    if (half !== 'tuning' || verdictOf(outcome) === 'refused') continue;
    const rules =
      outcome.state === 'scanned' ? outcome.report.findings.map(({ rule }) => rule) : [outcome.message];
    print(`${id}: ${scoreOf(outcome)} ${rules.join(', ')}`);
  }
}
