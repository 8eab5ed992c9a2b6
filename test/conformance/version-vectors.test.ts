/** The orders of versions against lines that each ecosystem's own tools agree with, every line both ways. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { debianOrder } from '../../src/advisories/versions/debian.ts';
import { mavenOrder } from '../../src/advisories/versions/maven.ts';
import { pep440Order } from '../../src/advisories/versions/pep440.ts';
import { semverOrder } from '../../src/advisories/versions/semver.ts';

const folder = join(
  process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'),
  'vectors/versions',
);
const skip = existsSync(folder) ? false : 'ASSAY_SHARED/vectors/versions is not there';

const suites = [
  { file: 'semver.txt', order: semverOrder, atLeast: 80 },
  { file: 'pypi.txt', order: pep440Order, atLeast: 35 },
  { file: 'debian.txt', order: debianOrder, atLeast: 30 },
  { file: 'maven.txt', order: mavenOrder, atLeast: 100 },
] as const;
const signs: Readonly<Record<string, number>> = { '<': -1, '=': 0, '>': 1 };

for (const { file, order, atLeast } of suites) {
  test(`versions are ordered as ${file} says`, { skip }, () => {
    const lines = readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^(?:#|\/\/)/.test(line));
    assert.ok(lines.length >= atLeast);
    for (const line of lines) {
      const [, left = '', sign = '', right = ''] = /^(\S+) ([<=>]) (\S+)$/.exec(line) ?? [];
      const wanted = signs[sign];
      assert.ok(wanted !== undefined, line);
      assert.equal(Math.sign(order.compare(left, right)), wanted, line);
      assert.equal(Math.sign(order.compare(right, left)) + wanted, 0, `${line}, the other way round`);
    }
  });
}
