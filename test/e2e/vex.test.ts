/** VEX as an operator meets it: documents of a signer who is named, own statements, and what they do to a decision. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { controlClient, type ControlClient } from '../../src/server/control/client.ts';
import { feedZip } from '../support/feed-bench.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { osvJson } from '../support/osv.ts';
import { openVexText, vexSigner, vexStatement } from '../support/vex.ts';

const name = 'security@example.com';
const signer = vexSigner(name, 'ec-p256');
const stranger = vexSigner(name);
const registry = await startFakeRegistry();
const config = {
  vex: { signers: [{ name, publicKey: signer.publicKey, validFor: '90d' }] },
};
let gate: Gate = await startGate({ upstream: registry.url, config });
after(async () => {
  await gate.remove();
  await registry.close();
});

const product = 'pkg:npm/holed@1.0.0';
const recently = new Date(Date.now() - 86_400_000).toISOString();
const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
const text = openVexText([vexStatement(product)], { timestamp: recently });

async function write(file: string, content: string | Uint8Array): Promise<string> {
  const path = join(gate.folder, file);
  await writeFile(path, content);
  return path;
}

async function imported(...args: readonly string[]): ReturnType<Gate['command']> {
  return gate.command('vex', 'import', ...args, '--signer', name);
}

/** Without a process for each question. */
function control(): ControlClient {
  return controlClient(gate.dataDirectory);
}

test('only what that signer signed is taken, and it is proved in the ledger', async () => {
  const document = await write('vex.json', text);
  const signature = await write('vex.json.sig', `${signer.sign(text).toString('base64')}\n`);
  const old = openVexText([vexStatement(product)], { timestamp: '2024-01-01T00:00:00Z' });
  const refusals: readonly (readonly [from: string, signature: string | undefined, code: string])[] = [
    [document, undefined, 'VEX_UNSIGNED'],
    [document, await write('other.sig', stranger.sign(text)), 'VEX_SIGNATURE_INVALID'],
    [await write('changed.json', `${text} `), signature, 'VEX_SIGNATURE_INVALID'],
    [await write('old.dsse.json', signer.envelope(old)), undefined, 'VEX_EXPIRED'],
    [await write('foreign.dsse.json', signer.envelope(openVexText([]))), undefined, 'VEX_FOREIGN'],
  ];
  for (const [from, beside, code] of refusals) {
    const request = { from, signer: name, ...(beside !== undefined && { signature: beside }) };
    await assert.rejects(control().importVex(request), { code });
  }
  const unsigned = await imported(document);
  assert.match(unsigned.stderr, /VEX_UNSIGNED/);
  assert.equal(unsigned.code, 3);
  const unnamed = await gate.command('vex', 'import', document, '--signer', 'nobody');
  assert.match(unnamed.stderr, /VEX_SIGNER_UNKNOWN/);
  assert.equal(unnamed.code, 2);
  const done = await imported(document, '--signature', signature, '--until', until);
  assert.match(done.stdout, /1 statements by security@example\.com about 1 packages/, done.stderr);
  assert.match(
    (await imported(document, '--signature', signature, '--until', until)).stdout,
    /Nothing changed/,
  );
  const [kept] = (await control().vex()).documents;
  assert.ok(kept !== undefined);
  assert.equal(kept.ends, `${until}T00:00:00.000Z`);
  const listed = await gate.command('vex', 'list');
  assert.match(listed.stdout, /signer {4}security@example\.com: key [0-9a-f]{64}, counts for 90 days/);
  assert.match(listed.stdout, new RegExp(`document {2}${kept.id} by .*: 1 of 1 statements in force`));
  assert.equal(listed.code, 0);
  const about = await gate.command('vex', 'list', '--package', 'holed');
  assert.match(
    about.stdout,
    /security@example\.com: CVE-2026-1111 not_affected .* for pkg:npm\/holed@1\.0\.0/,
  );
  for (let left = 100; ; left -= 1) {
    const { code, stdout } = await gate.command('ledger', 'prove', kept.entry);
    if (code === 0 && stdout.includes('in the log')) break;
    assert.ok(left > 0, stdout);
    await wait(100);
  }
});

test('the operator states what a vulnerability means until a date, and takes it back', async () => {
  const what = ['vex', 'add', 'pkg:npm/%40scope/name', 'CVE-2026-2222', '--reason', 'never called'];
  const wrong: readonly (readonly [readonly string[], number])[] = [
    [['--status', 'fine', '--until', until], 2],
    [['--status', 'fixed', '--justification', 'component_not_present', '--until', until], 2],
    [['--status', 'fixed', '--until', '2020-01-01'], 3],
  ];
  for (const [args, code] of wrong)
    assert.equal((await gate.command(...what, ...args)).code, code, args.join(' '));
  const words = ['--status', 'not_affected', '--justification', 'vulnerable_code_not_in_execute_path'];
  const added = await gate.command(...what, ...words, '--until', until);
  assert.equal(added.code, 0, added.stderr);
  const [, id = ''] = /stated {4}([0-9a-f]{12}): CVE-2026-2222 not_affected/.exec(added.stdout) ?? [];
  assert.match(
    (await gate.command('vex', 'list')).stdout,
    new RegExp(`${id}.*by operator \\(local\\): never called`),
  );
  assert.equal((await gate.command('vex', 'remove', id)).code, 0);
  const gone = await gate.command('vex', 'remove', id);
  assert.match(gone.stderr, /VEX_UNKNOWN/);
  assert.equal(gone.code, 2);
});

test('popular names come with a feed or alone, and the status tells how many', async () => {
  const names = await write('names.json', '["holed", "lodash"]');
  assert.equal((await gate.command('feed', 'import', '--popular', names)).code, 3);
  assert.equal((await gate.command('feed', 'import')).code, 2);
  const record = osvJson('GHSA-aaaa-aaaa-aaaa', 'holed', { aliases: ['CVE-2026-1111'] });
  const feed = await gate.command('feed', 'import', await write('all.zip', feedZip([record])));
  assert.equal(feed.code, 0, feed.stderr);
  const done = await gate.command('feed', 'import', '--popular', names);
  assert.match(done.stdout, /changed {3}2 packages/, done.stderr);
  assert.match((await gate.command('feed', 'import', '--popular', names)).stdout, /Nothing changed/);
  assert.match((await gate.command('feed', 'status')).stdout, /joined: 2 popular names/);
});

test('a statement sets a vulnerability of a release aside as soon as it is made, and no longer than it is', async () => {
  registry.publish({ name: 'holed', version: '1.0.0' });
  const explained = async (): Promise<string> => (await gate.command('explain', 'holed@1.0.0')).stdout;
  const standing = /Known vulnerabilities: 1/;
  const aside = /GHSA-aaaa-aaaa-aaaa \(CVE-2026-1111\).*security@example\.com states "not_affected"/;
  assert.match(await explained(), aside);
  const [kept] = (await control().vex()).documents;
  await control().addVex({
    product,
    vulnerability: 'GHSA-aaaa-aaaa-aaaa',
    status: 'affected',
    reason: 'it is called here',
    until: `${until}T00:00:00Z`,
  });
  assert.match(await explained(), standing);
  const [stated] = (await control().vex()).stated;
  await control().removeVex({ id: stated?.id ?? '' });
  assert.match(await explained(), aside);
  await control().removeVex({ id: kept?.id ?? '' });
  assert.match(await explained(), standing);
  await imported(await write('vex.dsse.json', signer.envelope(text)));
  assert.match(await explained(), aside);
});

test('after a kill it is all there; without its signer a document does not count, and that is told', async () => {
  await gate.kill9();
  gate = await startGate({ upstream: registry.url, config, after: gate });
  assert.match((await gate.command('vex', 'list')).stdout, /1 of 1 statements in force/);
  assert.match((await gate.command('feed', 'status')).stdout, /joined: 2 popular names/);
  await gate.stop();
  gate = await startGate({ upstream: registry.url, after: gate });
  const listed = await gate.command('vex', 'list');
  assert.match(listed.stdout, /DOES NOT COUNT, VEX_SIGNER_UNKNOWN/);
  assert.equal(listed.code, 3);
  assert.match((await gate.command('explain', 'holed@1.0.0')).stdout, /Known vulnerabilities: 1/);
  assert.match((await gate.command('status')).stdout, /VEX: the document .* does not count/);
});
