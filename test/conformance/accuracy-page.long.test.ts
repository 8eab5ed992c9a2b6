/** What docs/accuracy.md says of the corpus and its twins is what the scanner does; `scripts/measure-accuracy.ts` renews it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { measureIncidents, measureTwins } from '../support/accuracy/measure.ts';
import { openScanner } from '../support/accuracy/scanner.ts';
import { recallTable, twinTable, verdictOf } from '../support/accuracy/tables.ts';
import { root } from '../support/repository.ts';

const page = readFileSync(join(root, 'docs/accuracy.md'), 'utf8');
const scanner = await openScanner();
after(scanner.close);

test('the recall told for the corpus is the recall there is', async () => {
  const rows = await measureIncidents(scanner.scan);
  assert.deepEqual(
    rows.filter(({ outcome }) => verdictOf(outcome) === 'failed').map(({ id }) => id),
    [],
  );
  for (const by of ['incident', 'variant'] as const) {
    assert.ok(page.includes(recallTable(rows, by)), recallTable(rows, by));
  }
});

test('the scores told for the harmless look-alikes are their scores', async () => {
  const table = twinTable(await measureTwins(scanner.scan));
  assert.ok(page.includes(table), table);
});
