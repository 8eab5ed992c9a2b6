/** What a running gate does when its feed names what it admitted: at once, durably, told, and only what is named. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { controlClient } from '../../src/server/control/client.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { importFeed, malwareRecord, recordOfAge } from '../support/feed-of-gate.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { get, packumentOf } from '../support/http.ts';
import { zipOf } from '../support/osv.ts';

const registry = await startFakeRegistry();
/** Fresh, so that only what a test says is old. */
const fresh = recordOfAge(1);
let gate: Gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});

function publish(name: string, ...versions: readonly string[]): void {
  for (const version of versions) registry.publish({ name, version });
}

async function status(name: string, version = '1.0.0'): Promise<number> {
  return (await get(`${gate.url}${name}/-/${name}-${version}.tgz`)).status;
}

async function listed(name: string): Promise<readonly string[]> {
  return Object.keys(packumentOf(await get(`${gate.url}${name}`)).versions);
}

function control(): ReturnType<typeof controlClient> {
  return controlClient(gate.dataDirectory);
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let left = 300; !(await holds()); left -= 1) {
    assert.ok(left > 0, `${what}\n${JSON.stringify((await control().alarms(50)).alarms)}\n${gate.output()}`);
    await wait(50);
  }
}

async function alarmsAbout(name: string) {
  const { alarms } = await control().alarms(100);
  return alarms.filter(({ kind, about }) => kind === 'malware-admitted' && about.includes(name));
}

async function reasonsOf(name: string, version = '1.0.0'): Promise<readonly string[]> {
  const [found] = (await control().explain(`${name}@${version}`)).matches;
  return found?.reasons.map(({ rule }) => rule) ?? [];
}

async function warningsOf(name: string, version = '1.0.0'): Promise<readonly string[]> {
  const [found] = (await control().explain(`${name}@${version}`)).matches;
  return found?.warnings.map(({ rule }) => rule) ?? [];
}

async function restart(config: Readonly<Record<string, unknown>> = {}): Promise<void> {
  gate = await startGate({ upstream: registry.url, after: gate, config });
}

test('an admitted release that a feed names is refused and hidden from then on, its pullers are told, and its neighbours stay', async () => {
  publish('turned', '1.0.0', '1.0.1');
  publish('bystander', '1.0.0');
  await importFeed(gate, [fresh]);
  for (const [name, version] of [
    ['turned', '1.0.0'],
    ['turned', '1.0.1'],
    ['bystander', '1.0.0'],
  ] as const)
    assert.equal(await status(name, version), 200);
  assert.deepEqual(await listed('turned'), ['1.0.0', '1.0.1']);
  const { changed } = await importFeed(gate, [fresh, malwareRecord('MAL-2026-1', 'turned', ['1.0.1'])]);
  assert.equal(changed, 1);
  const refused = await get(`${gate.url}turned/-/turned-1.0.1.tgz`);
  assert.equal(refused.status, 403);
  assert.match(refused.body.toString('utf8'), /MAL-2026-1|known to be malicious/);
  assert.deepEqual(await listed('turned'), ['1.0.0']);
  assert.equal(await status('turned', '1.0.0'), 200);
  assert.equal(await status('bystander'), 200);
  await until('an alarm', async () => (await alarmsAbout('turned')).length > 0);
  const [alarm, ...others] = await alarmsAbout('turned');
  assert.equal(others.length, 0);
  assert.equal(alarm?.severity, 'critical');
  assert.match(alarm.message, /pulled 1 times by 1 callers \(address 127\.0\.0\.1\)/);
  const { stdout } = await gate.command('pulls', 'turned@1.0.1');
  assert.match(stdout, /address 127\.0\.0\.1 +turned@1\.0\.1/);
  const explained = await gate.command('explain', 'turned@1.0.1');
  assert.equal(explained.code, 1);
  assert.match(explained.stdout, /known to be malicious.*\[npm\/known-malware\]/);
});

test('it is told of and hidden though nobody asks for its file, and the ledger has the transition', async () => {
  publish('asleep', '1.0.0', '1.1.0');
  assert.equal(await status('asleep'), 200);
  await importFeed(gate, [fresh, malwareRecord('MAL-2026-2', 'asleep', ['1.0.0'])]);
  assert.deepEqual(await listed('asleep'), ['1.1.0']);
  await until('an alarm', async () => (await alarmsAbout('asleep')).length > 0);
  await until('an entry', async () => (await control().ledger()).waiting === 0);
  const proved = await gate.command('ledger', 'prove', 'asleep@1.0.0');
  assert.equal(proved.code, 0, proved.stderr);
  assert.equal((await gate.command('ledger', 'fsck')).code, 0);
});

test('a gate that is killed right after the import refuses after its restart, and tells of it unasked', async () => {
  const killedAfterMs = [0, 15];
  for (const [round, delay] of killedAfterMs.entries()) {
    const name = `killed-${round}`;
    publish(name, '1.0.0', '1.0.1');
    assert.equal(await status(name), 200);
    const record = malwareRecord(`MAL-2026-10${round}`, name, ['1.0.0']);
    // The second dies in the middle: whatever was durable by then must be whole.
    const importing = importFeed(gate, [fresh, record]).then(
      () => true,
      () => false,
    );
    const done = delay === 0 ? await importing : await Promise.race([importing, wait(delay, false)]);
    await gate.kill9();
    await importing;
    await restart();
    assert.equal(await status(name, '1.0.1'), 200);
    // What was acknowledged is there; what was not may be.
    if (!done) await importFeed(gate, [fresh, record]);
    await until('an alarm', async () => (await alarmsAbout(name)).length === 1);
    assert.deepEqual(await listed(name), ['1.0.1']);
    assert.equal(await status(name), 403);
  }
});

test('a record that is withdrawn lets it be installed again; an override does so for its time alone', async () => {
  publish('cleared', '1.0.0');
  assert.equal(await status('cleared'), 200);
  const record = malwareRecord('MAL-2026-3', 'cleared', ['1.0.0']);
  await importFeed(gate, [fresh, record]);
  assert.equal(await status('cleared'), 403);
  await importFeed(gate, [fresh, { ...record, withdrawn: new Date().toISOString() }]);
  assert.equal(await status('cleared'), 200);
  assert.deepEqual(await listed('cleared'), ['1.0.0']);
  await importFeed(gate, [fresh, record]);
  assert.equal(await status('cleared'), 403);
  const at = Date.now() + 3_000;
  const which = { id: 'MAL-2026-3', name: 'cleared' };
  await control().overrideAdvisory({
    ...which,
    reason: 'listed by mistake',
    until: new Date(at).toISOString(),
  });
  assert.equal(await status('cleared'), 200);
  assert.deepEqual(await listed('cleared'), ['1.0.0']);
  await wait(Math.max(0, at - Date.now()));
  assert.equal(await status('cleared'), 403);
  assert.deepEqual(await listed('cleared'), []);
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await control().overrideAdvisory({ ...which, reason: 'listed by mistake', until });
  assert.equal(await status('cleared'), 200);
  await control().endOverride(which);
  assert.equal(await status('cleared'), 403);
});

test('one source alone about a popular package makes new releases wait and stops nothing admitted; two stop both', async () => {
  publish('popular-lib', '1.0.0', '1.0.1');
  publish('obscure-lib', '1.0.0');
  assert.equal(await status('popular-lib', '1.0.0'), 200);
  const both = ['1.0.0', '1.0.1'];
  const alone = malwareRecord('MAL-2026-4', 'popular-lib', both, { sources: ['amazon-inspector'] });
  const other = malwareRecord('MAL-2026-5', 'obscure-lib', ['1.0.0'], { sources: ['amazon-inspector'] });
  await importFeed(gate, [fresh, alone, other], { popular: ['popular-lib', 'lodash'] });
  assert.equal(await status('popular-lib', '1.0.0'), 200);
  assert.ok((await warningsOf('popular-lib')).includes('npm/known-malware'));
  assert.equal(await status('popular-lib', '1.0.1'), 403);
  const [held] = (await control().explain('popular-lib@1.0.1')).matches;
  assert.equal(held?.outcome, 'hold');
  assert.deepEqual(await alarmsAbout('popular-lib'), []);
  assert.equal(await status('obscure-lib'), 403);
  const two = malwareRecord('MAL-2026-4', 'popular-lib', both, {
    sources: ['amazon-inspector', 'ghsa-malware'],
  });
  await importFeed(gate, [fresh, two]);
  for (const version of both) assert.equal(await status('popular-lib', version), 403);
  for (const version of both) {
    const [found] = (await control().explain(`popular-lib@${version}`)).matches;
    assert.equal(found?.outcome, 'block', version);
  }
});

test('where no lists are given, no licence is a reason', async () => {
  registry.publish({ name: 'copyleft', version: '1.0.0', manifest: { license: 'AGPL-3.0-only' } });
  registry.publish({ name: 'unlicensed', version: '1.0.0', manifest: { license: 'UNLICENSED' } });
  for (const name of ['copyleft', 'unlicensed']) assert.equal(await status(name), 200, name);
});

test('a feed that lost its canary or everything is refused, and what the old one said holds', async () => {
  publish('kept-bad', '1.0.0');
  const record = malwareRecord('MAL-2026-6', 'kept-bad', ['1.0.0']);
  await importFeed(gate, [fresh, record]);
  await assert.rejects(
    importFeed(gate, [], { zip: zipOf([{ name: '1.json', text: JSON.stringify(fresh) }]) }),
    { code: 'FEED_CANARY_MISSED' },
  );
  await assert.rejects(importFeed(gate, [], { zip: zipOf([]) }), /FEED_|no record/);
  assert.equal(await status('kept-bad'), 403);
  assert.deepEqual(await reasonsOf('kept-bad'), ['npm/known-malware']);
});

test('knowledge that is old warns, then makes new releases wait and nothing admitted; without a feed it is a note', async () => {
  await gate.remove();
  publish('first', '1.0.0');
  publish('second', '1.0.0');
  publish('third', '1.0.0');
  gate = await startGate({ upstream: registry.url });
  assert.equal(await status('first'), 200);
  assert.ok((await warningsOf('first')).includes('npm/feed-age'));
  await importFeed(gate, [recordOfAge(72)]);
  assert.equal(await status('second'), 200);
  assert.ok((await warningsOf('second')).includes('npm/feed-age'));
  // The very same feed, under limits that it is too old for.
  await gate.stop();
  await restart({ advisories: { warnAfter: '24h', holdAfter: '48h' } });
  assert.equal(await status('third'), 403);
  assert.deepEqual(await reasonsOf('third'), ['npm/feed-age']);
  for (const name of ['first', 'second']) assert.equal(await status(name), 200);
  await importFeed(gate, [fresh]);
  assert.equal(await status('third'), 200);
});
