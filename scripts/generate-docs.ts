/**
 * Writes the reference pages that are made from data: docs/policy.md from the preset tables, docs/errors.md from
 * the error catalogue. `--check` writes nothing and fails when a page is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { errorsPage } from './docs/errors-page.ts';
import { policyPage } from './docs/policy-page.ts';

const pages = [
  { path: new URL('../docs/policy.md', import.meta.url), text: policyPage() },
  { path: new URL('../docs/errors.md', import.meta.url), text: errorsPage() },
];

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const stale: string[] = [];
for (const page of pages) {
  const now = await readFile(page.path, 'utf8').catch(() => '');
  if (now === page.text) continue;
  const name = page.path.pathname.split('/').slice(-2).join('/');
  stale.push(name);
  if (!values.check) await writeFile(page.path, page.text);
}
if (values.check && stale.length > 0) {
  process.stderr.write(`stale: ${stale.join(', ')}; run bin/node scripts/generate-docs.ts\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(stale.length === 0 ? 'up to date\n' : `written: ${stale.join(', ')}\n`);
}
