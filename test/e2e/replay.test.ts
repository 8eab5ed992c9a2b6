/** `assay replay`, `assay ledger summary` and `release-keys` as a person runs them: what they print, and how they end. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate, type CommandResult } from '../support/gate.ts';
import { get } from '../support/http.ts';

const registry = await startFakeRegistry();
registry.publish({ name: 'good', version: '1.0.0' });
registry.publish({ name: 'young', version: '1.0.0', publishedAt: new Date().toISOString() });
const gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});
for (const name of ['good', 'young']) await get(`${gate.url}${name}/-/${name}-1.0.0.tgz`);

function ended(result: CommandResult, code: number): string {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

/** Summaries are signed within seconds. */
async function summary(...args: readonly string[]): Promise<CommandResult> {
  for (let left = 300; left > 0; left -= 1) {
    const result = await gate.command('ledger', 'summary', ...args);
    if (result.code !== 3) return result;
    await wait(100);
  }
  return assert.fail(`there is no summary: ${gate.output()}`);
}

test('a decision that can be derived again is the same, and what is not on record is no decision', async () => {
  const same = ended(await gate.command('replay', 'good@1.0.0'), 0);
  assert.match(same, /^SAME {2}good@1\.0\.0 {2}allow/);
  assert.match(same, /derived +the verdict of policy [0-9a-f]{64}/);
  const held = ended(await gate.command('replay', 'young@1.0.0', '--format', 'json'), 0);
  const { replays } = JSON.parse(held) as { readonly replays: readonly { readonly decisionId: string }[] };
  ended(await gate.command('replay', replays[0]?.decisionId ?? ''), 0);
  ended(await gate.command('replay', 'unheard-of@1.0.0'), 3);
});

test('a summary says what was decided, is signed by the log, and goes to a file as one line of JSON', async () => {
  const file = join(gate.folder, 'good.vsa.intoto.jsonl');
  const passed = ended(await summary('good@1.0.0', '--out', file), 0);
  assert.match(passed, /^PASSED {2}pkg:npm\/good@1\.0\.0 {2}SLSA_BUILD_LEVEL_UNEVALUATED$/m);
  assert.match(passed, /signed +yes, by the log's key/);
  const [line, rest] = readFileSync(file, 'utf8').split('\n');
  assert.equal(rest, '');
  const { payloadType, payload } = JSON.parse(line ?? '') as Readonly<Record<string, string>>;
  assert.equal(payloadType, 'application/vnd.in-toto+json');
  const statement = JSON.parse(Buffer.from(payload ?? '', 'base64').toString('utf8')) as {
    readonly predicateType: string;
  };
  assert.equal(statement.predicateType, 'https://slsa.dev/verification_summary/v1');
  assert.match(ended(await summary('young@1.0.0'), 1), /^FAILED/);
});

test('the keys of releases are shown', async () => {
  await summary('good@1.0.0');
  for (let left = 300; left > 0; left -= 1) {
    const shown = ended(await gate.command('ledger', 'release-keys'), 0);
    if (/^SHA256:\S{44} {2}signs {2}MFkwE/.test(shown)) return;
    await wait(100);
  }
  assert.fail('no key was made');
});

test('what was changed in the database is named, as it was recorded and as it is derived', async () => {
  const database = new DatabaseSync(join(gate.dataDirectory, 'assay.db'));
  try {
    const changed = database
      .prepare(
        `UPDATE evidence SET body = replace(body, '"result":"pass"', '"result":"fail"') WHERE kind = 'integrity'`,
      )
      .run();
    assert.equal(changed.changes, 1);
  } finally {
    database.close();
  }
  const differs = ended(await gate.command('replay', 'good@1.0.0'), 1);
  assert.match(differs, /^DIFFERS {2}good@1\.0\.0/);
  assert.match(differs, /differs +evidence\/integrity\n +recorded +[0-9a-f]{64}\n +derived +[0-9a-f]{64}/);
  assert.match(differs, /differs +outcome\n +recorded +allow\n +derived +/);
});
