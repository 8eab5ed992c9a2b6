import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { feedBench, type FeedBench } from '../../../test/support/feed-bench.ts';
import { openVexText, vexSigner, vexStatement, type TestSigner } from '../../../test/support/vex.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { formatPurl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import type { Feeds } from '../feeds/for-gate.ts';
import type { VexRequest } from './fetching.ts';

const product = formatPurl('npm', '@scope/holed', '1.0.0');
const signer = vexSigner('security@example.com');
const other = vexSigner('other@example.com', 'ec-p256');
const chain = JSON.stringify(['feeds']);

async function opened(t: TestContext): Promise<{ readonly bench: FeedBench; readonly feeds: Feeds }> {
  const bench = await feedBench(t);
  return { bench, feeds: await reopened(bench) };
}

function reopened(bench: FeedBench, signers: readonly TestSigner[] = [signer, other]): Promise<Feeds> {
  return bench.open(
    [],
    signers.map(({ settings }) => settings),
  );
}

let written = 0;

async function request(
  bench: FeedBench,
  text: string,
  by: TestSigner = signer,
  change: Partial<VexRequest> = {},
): Promise<VexRequest> {
  written += 1;
  return {
    from: await bench.write(`vex-${written}.json`, text),
    signer: by.settings.name,
    signature: await bench.write(`vex-${written}.sig`, by.sign(text)),
    until: undefined,
    ...change,
  };
}

const authors = (feeds: Feeds): readonly string[] => feeds.vex().map(({ author }) => author);

test('a signed document counts as its signer’s, after a restart as well, and is an entry of the ledger', async (t) => {
  const { bench, feeds } = await opened(t);
  const text = openVexText([
    vexStatement(product),
    vexStatement('pkg:pypi/flask@1.0'),
    vexStatement('pkg:npm/@scope/holed@1.0.0', { status: 'fine' }),
  ]);
  const { document, isSame, packages } = await feeds.vexStore.importFrom(
    await request(bench, text),
    localOperator,
  );
  assert.deepEqual(
    [isSame, packages, document.statements, document.inForce, document.passedOver, document.ends],
    [false, 2, 2, 2, 1, '2027-01-30T00:00:00.000Z'],
  );
  assert.deepEqual(bench.changes, [
    { ecosystem: 'npm', names: ['@scope/holed'] },
    { ecosystem: 'pypi', names: ['flask'] },
  ]);
  assert.equal(await bench.storage.events.newestOfChain(chain), document.entry);
  for (const one of [feeds, await reopened(bench)]) {
    assert.deepEqual(authors(one), ['security@example.com', 'security@example.com']);
    assert.deepEqual(
      one.vexAbout('npm', '@scope/holed').map((statement) => statement.product),
      [product],
    );
    assert.deepEqual(one.vexAbout('pypi', '@scope/holed'), []);
    assert.deepEqual(one.problems(), []);
  }
  const again = await feeds.vexStore.importFrom(await request(bench, text), localOperator);
  assert.equal(again.isSame, true);
  bench.now.at = '2027-01-30T00:00:00.000Z';
  assert.deepEqual([feeds.vex(), feeds.vexStore.status().documents], [[], []]);
});

test('an envelope counts as well, and both kinds of key', async (t) => {
  const { bench, feeds } = await opened(t);
  const from = await bench.write('vex.dsse.json', other.envelope(openVexText([vexStatement(product)])));
  const asked = { from, signer: 'other@example.com', signature: undefined, until: undefined };
  await feeds.vexStore.importFrom(asked, localOperator);
  await feeds.vexStore.importFrom(await request(bench, openVexText([vexStatement(product)])), localOperator);
  for (const one of [feeds, await reopened(bench)])
    assert.deepEqual(authors(one).toSorted(), ['other@example.com', 'security@example.com']);
});

test('what is not signed by that signer, has ended, or says nothing here is refused by its code', async (t) => {
  const { bench, feeds } = await opened(t);
  const good = openVexText([vexStatement(product)]);
  const old = openVexText([vexStatement(product)], { timestamp: '2026-08-01T00:00:00Z' });
  const future = openVexText([vexStatement(product)], { timestamp: '2026-12-01T00:00:00Z' });
  const cases: readonly (readonly [string, VexRequest, ErrorCode])[] = [
    ['unsigned', await request(bench, good, signer, { signature: undefined }), 'VEX_UNSIGNED'],
    [
      'foreign',
      await request(bench, good, other, { signer: 'security@example.com' }),
      'VEX_SIGNATURE_INVALID',
    ],
    ['unnamed', await request(bench, good, vexSigner('x@example.com')), 'VEX_SIGNER_UNKNOWN'],
    ['not the operator', await request(bench, good, signer, { signer: 'operator' }), 'VEX_SIGNER_UNKNOWN'],
    ['ended', await request(bench, old), 'VEX_EXPIRED'],
    ['of the future', await request(bench, future), 'VEX_INVALID'],
    ['about nothing', await request(bench, openVexText([])), 'VEX_FOREIGN'],
    ['about others', await request(bench, openVexText([vexStatement('pkg:nuget/x@1')])), 'VEX_FOREIGN'],
    ['no VEX', await request(bench, '{}'), 'VEX_INVALID'],
    ['no JSON', await request(bench, '<xml/>'), 'VEX_INVALID'],
    ['too long', await request(bench, ' '.repeat(8 * 1024 * 1024 + 1)), 'VEX_INVALID'],
    [
      'too many statements',
      await request(
        bench,
        openVexText([
          vexStatement(product, { products: Array.from({ length: 10_000 }, () => product) }),
          vexStatement(product),
        ]),
      ),
      'VEX_FULL',
    ],
    ['not there', { ...(await request(bench, good)), from: '/nowhere/vex.json' }, 'VEX_INVALID'],
    ['no signature there', { ...(await request(bench, good)), signature: '/nowhere' }, 'VEX_INVALID'],
    ['no whole path', { ...(await request(bench, good)), from: 'vex.json' }, 'REQUEST_INVALID'],
    ['over http', { ...(await request(bench, good)), from: 'http://example.com/vex' }, 'REQUEST_INVALID'],
    [
      'until yesterday',
      await request(bench, good, signer, { until: '2026-11-19T00:00:00Z' }),
      'REQUEST_INVALID',
    ],
    [
      'until far away',
      await request(bench, good, signer, { until: '2028-01-01T00:00:00Z' }),
      'REQUEST_INVALID',
    ],
  ];
  for (const [what, asked, code] of cases)
    await assert.rejects(feeds.vexStore.importFrom(asked, localOperator), { code }, what);
  assert.deepEqual([feeds.vex(), bench.changes, bench.untold.count], [[], [], 0]);
  assert.equal(await bench.storage.events.newestOfChain(chain), undefined);
});

test('an import ends sooner when that is said, and can be taken back', async (t) => {
  const { bench, feeds } = await opened(t);
  const text = openVexText([vexStatement(product)]);
  const until = '2026-12-01T00:00:00.000Z';
  const whole = await feeds.vexStore.importFrom(await request(bench, text), localOperator);
  const { document } = await feeds.vexStore.importFrom(
    await request(bench, text, signer, { until }),
    localOperator,
  );
  assert.deepEqual([document.id, document.ends], [whole.document.id, until]);
  for (const one of [feeds, await reopened(bench)]) assert.deepEqual(one.vex()[0]?.until, until);
  bench.now.at = until;
  assert.deepEqual(feeds.vex(), []);
  await assert.rejects(feeds.vexStore.remove(document.id, localOperator), { code: 'VEX_UNKNOWN' });
  bench.now.at = '2026-11-20T12:00:00.000Z';
  bench.changes.length = 0;
  await feeds.vexStore.remove(document.id, localOperator);
  assert.deepEqual(bench.changes, [{ ecosystem: 'npm', names: ['@scope/holed'] }]);
  assert.equal(await bench.storage.blobs.path(document.digest), undefined);
  for (const one of [feeds, await reopened(bench)]) assert.deepEqual(one.vex(), []);
});

test('a newer version of a document takes the place of the earlier one, and never the other way', async (t) => {
  const { bench, feeds } = await opened(t);
  const one = openVexText([vexStatement(product), vexStatement('pkg:npm/gone@1.0.0')]);
  const two = openVexText([vexStatement(product, { status: 'affected' })], { version: 2 });
  await feeds.vexStore.importFrom(await request(bench, one), localOperator);
  // Another signer's document of that name is another document.
  await feeds.vexStore.importFrom(await request(bench, one, other), localOperator);
  bench.changes.length = 0;
  const { document } = await feeds.vexStore.importFrom(await request(bench, two), localOperator);
  assert.deepEqual(bench.changes, [{ ecosystem: 'npm', names: ['@scope/holed', 'gone'] }]);
  await assert.rejects(feeds.vexStore.importFrom(await request(bench, one), localOperator), {
    code: 'VEX_OLDER',
  });
  for (const now of [feeds, await reopened(bench)]) {
    const mine = now.vex().filter(({ author }) => author === 'security@example.com');
    assert.deepEqual(
      mine.map(({ status }) => status),
      ['affected'],
    );
    assert.equal(authors(now).length, 3);
  }
  await feeds.vexStore.remove(document.id, localOperator);
  await feeds.vexStore.importFrom(await request(bench, one), localOperator);
  assert.equal(feeds.vex().length, 4);
});

test('a signer who is named no more, or has another key, says nothing any more, and everything is decided again', async (t) => {
  const { bench, feeds } = await opened(t);
  await feeds.vexStore.importFrom(await request(bench, openVexText([vexStatement(product)])), localOperator);
  assert.equal((await reopened(bench)).vex().length, 1);
  assert.equal(bench.untold.count, 0);
  const without = await reopened(bench, [other]);
  assert.deepEqual(without.vex(), []);
  assert.match(without.problems().join(), /does not count \(VEX_SIGNER_UNKNOWN/);
  assert.equal(bench.untold.count, 1);
  const changed = await reopened(bench, [vexSigner('security@example.com')]);
  assert.match(changed.problems().join(), /does not count \(VEX_SIGNATURE_INVALID/);
  assert.deepEqual([changed.vex(), bench.untold.count], [[], 2]);
  const back = await reopened(bench);
  assert.deepEqual([back.vex().length, back.problems(), bench.untold.count], [1, [], 3]);
});

test('a document whose bytes were lost is told, and is mended by its import', async (t) => {
  const { bench, feeds } = await opened(t);
  const text = openVexText([vexStatement(product)]);
  const { document } = await feeds.vexStore.importFrom(await request(bench, text), localOperator);
  await bench.storage.blobs.remove(document.digest);
  const lost = await reopened(bench);
  assert.match(lost.problems().join(), new RegExp(`document ${document.id} .* does not count`));
  assert.deepEqual([lost.vex(), bench.untold.count], [[], 1]);
  await lost.vexStore.importFrom(await request(bench, text), localOperator);
  assert.deepEqual([lost.vex().length, lost.problems()], [1, []]);
});

const stating = {
  product,
  vulnerability: 'CVE-2026-1111',
  status: 'not_affected',
  justification: 'vulnerable_code_not_in_execute_path',
  reason: 'no template is compiled',
  until: '2026-12-01T00:00:00Z',
} as const;

test('what the operator states counts until its date, and one about the same takes its place', async (t) => {
  const { bench, feeds } = await opened(t);
  const first = await feeds.vexStore.add(stating, localOperator);
  assert.deepEqual(bench.changes, [{ ecosystem: 'npm', names: ['@scope/holed'] }]);
  assert.equal(await bench.storage.events.newestOfChain(chain), first.entry);
  for (const one of [feeds, await reopened(bench)])
    assert.deepEqual(one.vex(), [
      {
        author: 'operator',
        product,
        vulnerabilities: ['CVE-2026-1111'],
        status: 'not_affected',
        justification: 'vulnerable_code_not_in_execute_path',
        statement: 'no template is compiled',
        from: bench.now.at,
        until: '2026-12-01T00:00:00.000Z',
        cyclonedx: undefined,
      },
    ]);
  const plain = { ...stating, justification: undefined };
  const second = await feeds.vexStore.add({ ...plain, status: 'affected' }, localOperator);
  assert.equal(second.id, first.id);
  assert.deepEqual(
    feeds.vex().map(({ status }) => status),
    ['affected'],
  );
  bench.changes.length = 0;
  await feeds.vexStore.remove(second.id, localOperator);
  assert.deepEqual([feeds.vex(), bench.changes], [[], [{ ecosystem: 'npm', names: ['@scope/holed'] }]]);
  await feeds.vexStore.add(stating, localOperator);
  bench.now.at = '2026-12-01T00:00:00.000Z';
  assert.deepEqual([feeds.vex(), feeds.vexStore.status().stated], [[], []]);
  const refused = [
    { ...stating, until: '2026-11-30T00:00:00Z' },
    { ...stating, until: '2028-01-01T00:00:00Z' },
    { ...stating, until: 'never' },
    { ...stating, until: '2027-01-01T00:00:00Z', status: 'fixed' as const },
    { ...stating, until: '2027-01-01T00:00:00Z', vulnerability: 'MAL-2026-1' },
  ];
  for (const one of refused)
    await assert.rejects(feeds.vexStore.add(one, localOperator), { code: 'REQUEST_INVALID' });
});

test('changes of feeds and of VEX at one time are one chain', async (t) => {
  const { bench, feeds } = await opened(t);
  const names = Array.from({ length: 20 }, (_, n) => `p${n}`);
  await Promise.all(
    names.flatMap((name) => [
      feeds.vexStore.add({ ...stating, product: formatPurl('npm', name) }, localOperator),
      feeds.addOverride(
        { id: 'MAL-1', name, version: undefined, reason: 'x', until: stating.until },
        localOperator,
      ),
    ]),
  );
  assert.equal(feeds.vex().length, 20);
  assert.equal(feeds.overrides().length, 20);
  const again = await reopened(bench);
  assert.deepEqual([again.vex().length, again.overrides().length, bench.untold.count], [20, 20, 0]);
});

test('a change that a listener failed to hear of makes everything to be decided again, at once or by the next start', async (t) => {
  const { bench, feeds } = await opened(t);
  feeds.onChange(() => Promise.reject(new Error('deaf')));
  await assert.rejects(feeds.vexStore.add(stating, localOperator), /deaf/);
  assert.equal(bench.untold.count, 1);
  assert.equal(feeds.vex().length, 1);
  await reopened(bench);
  assert.equal(bench.untold.count, 1);
  await bench.storage.settings.setSetting('feeds-told', 'as if it had died before');
  await reopened(bench);
  assert.equal(bench.untold.count, 2);
});
