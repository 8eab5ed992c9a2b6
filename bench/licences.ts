/**
 * Naming licences from their texts: the first answer for a popular licence, reading the whole list, then one text after the
 * other. Processor time, since others may use the machine; nothing here is asserted.
 * Run: bin/node bench/licences.ts
 */
import spdxList from 'spdx-license-list/full.js';
import { detectLicence, licenceDetector } from '../src/licences/reference.ts';
import { median, percentile, printTable, shown } from './support/stats.ts';

const rounds = 9;
const texts = Object.entries(spdxList).map(([id, { licenseText }]) => ({ id, text: licenseText }));
const textOf = (id: string): string => spdxList[id]?.licenseText ?? '';

const first = await cpuMs(() => detectLicence(textOf('MIT')));
const memory = process.memoryUsage().rss;
const load = await cpuMs(() => licenceDetector());
const grown = (process.memoryUsage().rss - memory) / 1e6;
const detect = await licenceDetector();
for (const { text } of texts) detect(text);

const each: number[] = [];
for (const { text } of texts) {
  const own: number[] = [];
  for (let round = 0; round < rounds; round += 1) own.push(await cpuMs(() => detect(text)));
  each.push(median(own));
}

printTable(
  ['licence texts', 'ms'],
  [
    ['first answer, MIT (six popular texts read)', shown(first)],
    [`the whole list read and indexed (${texts.length} texts; ${shown(grown)} MB)`, shown(load)],
    ['one text of the list, median', shown(median(each))],
    ['… 99th percentile', shown(percentile(each, 0.99))],
    ['… slowest (42 kB)', shown(Math.max(...each))],
    ...['MIT', 'Apache-2.0', 'GPL-3.0-only'].map((id) => [
      id,
      shown(each[texts.findIndex((one) => one.id === id)] ?? Number.NaN),
    ]),
    ['a notice file of 200 MIT texts (210 kB)', shown(await cpuMs(() => detect(notices())))],
  ],
);

function notices(): string {
  return Array.from({ length: 200 }, (_, at) => `## part-${at}, by its authors\n\n${textOf('MIT')}`).join(
    '\n',
  );
}

async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
