/** docs/verification.md names steps, files, refusals and rules: each must be there, and none that exists may be missing. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { algorithmRules, type AlgorithmRule } from '../src/core/algorithms.ts';
import { evidenceRules } from '../src/policy/rule-names.ts';
import { bundleFailures } from '../src/sigstore/types.ts';
import { root } from './support/repository.ts';

const page = readFileSync(join(root, 'docs/verification.md'), 'utf8');
const quoted = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);

test('every file it names exists', () => {
  const known = new Set(globSync('src/**/*.ts', { cwd: root }).map((path) => basename(path)));
  const paths = quoted.filter((text) => /^(?:src|test|bin)\/\S+$/.test(text));
  const names = quoted.filter((text) => /^[a-z0-9-]+\.ts$/.test(text));
  assert.ok(paths.length >= 15 && names.length >= 20, 'the page was read');
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  );
  assert.deepEqual(
    names.filter((name) => !known.has(name)),
    [],
  );
});

test('every refusal of a bundle and every rule about publication stands in it', () => {
  const rules = evidenceRules.slice(evidenceRules.indexOf('signature'), evidenceRules.indexOf('feed-age'));
  const missing = [...bundleFailures, ...rules].filter((name) => !quoted.includes(name));
  assert.deepEqual(missing, []);
});

test('every finding it names is one that the checks report', () => {
  const sources = globSync('src/evidence/{signatures,provenance}/*.ts', { cwd: root })
    .filter((path) => !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n');
  const [, signatures = ''] = page.split('## Registry signatures');
  const table = signatures.split('## Attestations')[0] ?? '';
  const items = [...table.matchAll(/\((?:item )?`([a-z-]+)`\)/g)].map(([, item = '']) => item);
  assert.ok(items.length >= 10, 'the table was read');
  assert.deepEqual(
    items.filter((item) => !sources.includes(`${item}'`)),
    [],
  );
});

test('the table of algorithms is the one in the code', () => {
  const rows = page
    .split('\n')
    .filter((line) => /^\| `[a-z0-9-]+`.* \| (?:digest|key|signature) \|/.test(line));
  assert.deepEqual(rows, algorithmRules.map(rowOf));
});

function rowOf(rule: AlgorithmRule): string {
  const { name, kind, warnFrom, refuseFrom, source } = rule;
  const day = (time: string | undefined): string =>
    time === '1970-01-01T00:00:00.000Z' ? 'always' : (time?.slice(0, 10) ?? '');
  return `| \`${name}\`${bitsOf(rule)} | ${kind} | ${day(warnFrom)} | ${day(refuseFrom)} | ${source} |`;
}

function bitsOf({ fromBits }: AlgorithmRule): string {
  if (fromBits === undefined) return '';
  const next = algorithmRules.find((one) => (one.fromBits ?? 0) > fromBits)?.fromBits;
  return fromBits === 0 ? `, fewer than ${next} bits` : `, ${fromBits} bits and more`;
}
