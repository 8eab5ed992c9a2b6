/** The generated pages are what the data says: `bin/node scripts/generate-docs.ts` writes them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { errorsPage } from '../scripts/docs/errors-page.ts';
import { policyPage } from '../scripts/docs/policy-page.ts';

for (const [name, page] of [
  ['policy.md', policyPage()],
  ['errors.md', errorsPage()],
] as const) {
  test(`docs/${name} is up to date`, async () => {
    const written = await readFile(new URL(`../docs/${name}`, import.meta.url), 'utf8');
    assert.equal(written, page, 'stale: run bin/node scripts/generate-docs.ts');
  });
}
