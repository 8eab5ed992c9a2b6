/**
 * Rebuilds npm packages through a running gate, and prints what came of each as rows of a table.
 *
 *   bin/node bench/npm.ts DATA [NAME@VERSION…]     DATA: the gate's data directory; without names: support/npm-packages.json
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { formatPurl } from '../src/core/purl.ts';

const listSchema = z.object({ packages: z.array(z.string()) });
const said = z.object({
  job: z.looseObject({ state: z.string(), cause: z.string().optional(), message: z.string().optional() }),
  outcome: z
    .looseObject({ verdict: z.string(), cause: z.string().optional(), sentence: z.string() })
    .optional(),
});
const [data, ...names] = process.argv.slice(2);
if (data === undefined) throw new Error('DATA is missing');
const list = join(import.meta.dirname, 'support/npm-packages.json');
const wanted = names.length > 0 ? names : listSchema.parse(JSON.parse(await readFile(list, 'utf8'))).packages;

for (const one of wanted) {
  const at = one.lastIndexOf('@');
  const purl = formatPurl('npm', one.slice(0, at), one.slice(at + 1));
  const before = performance.now();
  const { stdout, stderr } = spawnSync(
    join(import.meta.dirname, '../bin/assay'),
    ['rebuild', purl, '--watch', '--format', 'json', '--data', data],
    { encoding: 'utf8', maxBuffer: 2 ** 26, timeout: 900_000 },
  );
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  const parsed = said.safeParse(jsonOf(stdout));
  if (!parsed.success) {
    console.log(`| ${one} | no answer | ${stderr.trim().split('\n').at(-1) ?? ''} | ${seconds} |`);
    continue;
  }
  const { job, outcome } = parsed.data;
  const verdict = outcome?.verdict ?? job.state;
  const cause = outcome?.cause ?? job.cause;
  const why = [cause, outcome?.sentence ?? job.message].filter((text) => text !== undefined).join(': ');
  console.log(`| ${one} | \`${verdict}\` | ${why.replaceAll('|', '\\|').slice(0, 200)} | ${seconds} |`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
