/**
 * Measures how well licences are named from their texts, and writes the tables into docs/accuracy.md. The real packages
 * are those of scripts/measure-accuracy.ts, fetched by npm into .cache/accuracy once.
 *
 *   bin/node scripts/measure-licences.ts [--no-write]
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { licenceDetector } from '../src/licences/reference.ts';
import { fetchAll, packagesOf, tarballOfReal } from '../test/support/accuracy/real-packages.ts';
import { between } from '../test/support/accuracy/tables.ts';
import { groupTable, missTable, variantTable } from '../test/support/licences/measure.ts';
import { licenceOf, realTable, type RealLicence } from '../test/support/licences/real.ts';
import { skipLicenceTexts, textsOfSpdx } from '../test/support/licences/texts.ts';

const { values } = parseArgs({ options: { 'no-write': { type: 'boolean', default: false } } });
const cache = new URL('../.cache/accuracy/npm', import.meta.url).pathname;
const page = new URL('../docs/accuracy.md', import.meta.url);

if (skipLicenceTexts !== false) throw new Error(skipLicenceTexts);
const detect = await licenceDetector();
const texts = textsOfSpdx();
const tables: (readonly [name: string, text: string])[] = [
  ['licence-texts', `${groupTable(texts, detect)}\n\n${missTable(texts, detect)}`],
  ['licence-variants', variantTable(texts, detect)],
];
for (const set of ['first', 'second'] as const) {
  const packages = packagesOf(set);
  await fetchAll(cache, packages);
  const rows: RealLicence[] = [];
  for (const one of packages) {
    rows.push(await licenceOf(`${one.name}@${one.version}`, await tarballOfReal(cache, one)));
  }
  tables.push([`licence-${set}-set`, realTable(rows)]);
}

let text = await readFile(page, 'utf8');
for (const [name, table] of tables) {
  process.stdout.write(`${name}\n${table}\n\n`);
  text = between(text, name, table);
}
if (!values['no-write']) await writeFile(page, text);
