import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { at, recordOf, temporaryDirectory } from '../../test/support/storage-records.ts';
import { formatPurl } from '../core/purl.ts';
import { releaseIdOf, type UpstreamId } from '../core/subject.ts';
import { openStorage, type Storage } from './open.ts';
import { cursorSeq, fromJson, pageLimit, type Page, type PageRequest } from './text.ts';

async function opened(context: TestContext): Promise<Storage> {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  return storage;
}

async function all<T>(read: (page: PageRequest) => Promise<Page<T>>, limit: number): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read({ limit, cursor });
    assert.ok(page.items.length <= limit);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return items;
}

test('an empty store counts nothing and lists nothing', async (context) => {
  const { read } = await opened(context);
  const releases = { allow: 0, hold: 0, block: 0 };
  assert.deepEqual(await read.counts(), { releases, admitted: 0, artifacts: 0, alarms: 0 });
  assert.deepEqual(await read.held({ limit: 5 }), { items: [], next: undefined });
});

test('counts go by the decision in force', async (context) => {
  const { admission, read } = await opened(context);
  await admission.recordDecision(recordOf({ version: '1.0.0', outcome: 'allow' }));
  await admission.recordDecision(recordOf({ version: '2.0.0', outcome: 'allow' }));
  await admission.recordDecision(recordOf({ version: '2.0.0', outcome: 'block', seconds: 1 }));
  await admission.recordDecision(recordOf({ version: '3.0.0', outcome: 'hold' }));
  const alarm = {
    kind: 'bytes-changed',
    severity: 'warning',
    about: 'npm',
    message: 'm',
    data: {},
    at: at(0),
  } as const;
  await admission.raiseAlarm(alarm);
  const releases = { allow: 1, hold: 1, block: 1 };
  assert.deepEqual(await read.counts(), { releases, admitted: 2, artifacts: 3, alarms: 1 });
});

test('pages of any size show each release once, newest first', async (context) => {
  const { admission, read } = await opened(context);
  const outcomes = ['hold', 'block', 'allow'] as const;
  const records = Array.from({ length: 30 }, (_, n) => {
    const outcome = outcomes[n % 3] ?? 'hold';
    return recordOf({ version: `1.0.${n}`, outcome });
  });
  for (const record of records) await admission.recordDecision(record);
  const idsOf = (outcome: string): readonly string[] =>
    records
      .filter((record) => record.decision.outcome === outcome)
      .map((record) => record.release.id)
      .reverse();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), async (limit) => {
      const ids = async (read: (page: PageRequest) => Promise<Page<{ readonly id: string }>>) =>
        (await all(read, limit)).map((line) => line.id);
      assert.deepEqual(await ids(read.held), idsOf('hold'));
      assert.deepEqual(await ids(read.refused), idsOf('block'));
      assert.deepEqual(await ids(read.admitted), idsOf('allow'));
      assert.equal((await all((page) => read.decisions(page), limit)).length, 30);
    }),
    { numRuns: 12 },
  );
});

test('a line shows the release, its name and every reason', async (context) => {
  const { admission, read } = await opened(context);
  const record = recordOf({ outcome: 'hold', rules: ['npm/cooldown', 'npm/manifest'] });
  await admission.recordDecision(record);
  const [line] = (await read.held({ limit: 1 })).items;
  assert.deepEqual(line?.subject, record.release.subject);
  assert.deepEqual(line?.reasons, record.decision.reasons);
  assert.equal(line?.name, '@scope/pkg');
});

test('history is asked for by package or by package URL, superseded decisions included', async (context) => {
  const { admission, read } = await opened(context);
  await admission.recordDecision(recordOf({ name: 'a', version: '1.0.0', outcome: 'hold' }));
  await admission.recordDecision(recordOf({ name: 'a', version: '1.0.0', outcome: 'allow', seconds: 1 }));
  await admission.recordDecision(recordOf({ name: 'a', version: '2.0.0' }));
  await admission.recordDecision(recordOf({ name: 'b', version: '1.0.0' }));
  const shown = async (request: Parameters<typeof read.decisions>[0]) =>
    (await read.decisions(request)).items.map(
      (line) => `${line.name} ${line.version} ${line.decision.outcome}`,
    );
  assert.deepEqual(await shown({ name: 'a', limit: 9 }), ['a 2.0.0 allow', 'a 1.0.0 allow', 'a 1.0.0 hold']);
  const purl = formatPurl('npm', 'a', '1.0.0');
  assert.deepEqual(await shown({ purl, limit: 9 }), ['a 1.0.0 allow', 'a 1.0.0 hold']);
  assert.deepEqual(await shown({ purl, name: 'b', limit: 9 }), []);
});

test('a package URL names a release of each upstream that has it', async (context) => {
  const { admission, read } = await opened(context);
  const one = recordOf();
  const subject = { ...one.release.subject, upstream: 'corp' as UpstreamId };
  const two = recordOf({ seconds: 1 });
  const release = { ...two.release, subject, id: releaseIdOf(subject) };
  await admission.recordDecision(one);
  await admission.recordDecision({ ...two, release, decision: { ...two.decision, subject } });
  const found = await read.releaseByPurl(one.release.subject.purl);
  assert.deepEqual(
    found.map((line) => line.subject.upstream),
    ['corp', 'npm'],
  );
});

test('a bare name means that package alone, however many names hold it', async (context) => {
  const { admission, read } = await opened(context);
  for (const [n, name] of ['@types/react', 'preact', 'react', 'react-dom'].entries())
    await admission.recordDecision(recordOf({ name, seconds: n }));
  const newer = recordOf({ name: 'react', version: '2.0.0', outcome: 'hold', seconds: 9 });
  await admission.recordDecision(newer);
  assert.deepEqual(await read.releasesNamed('npm', 'react'), [
    newer.release.id,
    recordOf({ name: 'react' }).release.id,
  ]);
  assert.deepEqual(await read.releasesNamed('pypi', 'react'), []);
});

test('search finds any part of a name, whatever its case, and takes no wildcards from its text', async (context) => {
  const { admission, read } = await opened(context);
  for (const name of ['left-pad', '@scope/Left_over', 'right'])
    await admission.recordDecision(recordOf({ name }));
  const names = async (text: string) => (await read.searchReleases(text)).map((line) => line.name);
  assert.deepEqual(await names('LEFT'), ['@scope/Left_over', 'left-pad']);
  assert.deepEqual(await names('t_o'), ['@scope/Left_over']);
  assert.deepEqual(await names('%'), []);
  assert.deepEqual(await names('\\'), []);
  assert.deepEqual(await names(`' OR 1=1 --`), []);
  assert.equal((await read.searchReleases('', 2)).length, 2);
});

test('a cursor that is none is refused; a limit is brought into its bounds', async (context) => {
  const { read } = await opened(context);
  for (const cursor of ['', '-1', '1e3', 'x', '1; DROP TABLE', '9'.repeat(16)]) {
    await assert.rejects(read.held({ limit: 1, cursor }), { code: 'CURSOR_INVALID' });
    assert.throws(() => cursorSeq(cursor), { code: 'CURSOR_INVALID' });
  }
  assert.deepEqual([-5, 0, 1.9, 7, 5000].map(pageLimit), [1, 1, 1, 7, 1000]);
});

test('a column that should hold JSON and does not is STORAGE_CORRUPT', () => {
  assert.throws(() => fromJson('{', 'a decision'), { code: 'STORAGE_CORRUPT', message: /a decision/ });
});
