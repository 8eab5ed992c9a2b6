import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '../core/digest.ts';
import { formatPurl } from '../core/purl.ts';
import { localOperator } from '../core/subject.ts';
import { openingsOf } from './disclose.ts';
import { newEventId } from './event-maker.ts';
import { makeFeedEvent, type FeedChange } from './feed-event.ts';
import { sha256Bytes } from './leaf.ts';
import { judgeStatement } from './signing/may-sign.ts';
import { leafFields, parseLeaf } from './verify/leaf.ts';
import { allOpened, verifyOpening } from './verify/opening.ts';

const imported = {
  action: 'import',
  ecosystem: 'npm',
  before: undefined,
  digest: sha256('snapshot'),
  records: 12_345,
  newestAt: '2026-11-20T09:00:00.000Z',
  source: 'all.zip',
  canary: 'matched',
  epss: undefined,
  kev: sha256('kev'),
  popular: undefined,
} as const;
const override = {
  id: 'MAL-2026-1',
  name: 'left-pad',
  version: undefined,
  by: 'operator (local)',
  reason: 'listed by mistake',
  from: '2026-11-20T10:00:00.000Z',
  until: '2026-12-20T10:00:00.000Z',
};
const document = {
  action: 'vex-import',
  signer: 'security@example.com',
  key: sha256('key'),
  document: sha256('document'),
  replaces: sha256('earlier document'),
  statements: 12,
  until: '2027-01-30T00:00:00.000Z',
  source: 'vex.json',
} as const;
const statement = {
  author: 'operator',
  product: formatPurl('npm', 'left-pad'),
  vulnerabilities: ['CVE-2026-1'],
  status: 'not_affected',
  justification: 'vulnerable_code_not_present',
  statement: 'not called',
  from: '2026-11-20T10:00:00.000Z',
  until: '2026-12-20T10:00:00.000Z',
  cyclonedx: undefined,
} as const;
const changes: readonly FeedChange[] = [
  imported,
  { ...imported, before: sha256('older'), epss: sha256('epss'), popular: sha256('popular') },
  { action: 'override', override },
  { action: 'override-ended', override: { ...override, version: '1.0.0' } },
  document,
  { ...document, action: 'vex-removed', key: undefined, replaces: undefined },
  { action: 'vex-stated', statement },
  { action: 'vex-withdrawn', statement: { ...statement, justification: undefined } },
];

const documentSaid = [
  document.document,
  'security@example.com',
  '"statements":12',
  'vex.json',
  document.until,
];
const said: Readonly<Record<FeedChange['action'], readonly string[]>> = {
  import: [imported.digest, '12345', 'all.zip', '09:00', 'matched', sha256('kev')],
  override: ['MAL-2026-1', 'left-pad', 'listed by mistake', override.until],
  'override-ended': ['MAL-2026-1', 'left-pad', 'listed by mistake', override.until],
  'vex-import': [...documentSaid, sha256('key'), sha256('earlier document')],
  'vex-removed': documentSaid,
  'vex-stated': ['pkg:npm/left-pad', 'CVE-2026-1', 'not_affected', 'not called', statement.until],
  'vex-withdrawn': ['pkg:npm/left-pad', 'CVE-2026-1', 'not_affected', 'not called', statement.until],
};

for (const change of changes)
  test(`${change.action}: an entry like any other, which the signer may sign, and which says what changed`, () => {
    for (const previousEventId of [undefined, newEventId(randomBytes)]) {
      const event = makeFeedEvent({
        change,
        principal: localOperator,
        time: '2026-11-20T10:00:00.000Z',
        eventId: newEventId(randomBytes),
        previousEventId,
        randomBytes,
      });
      const parsed = parseLeaf(event.leaf);
      assert.ok(parsed.ok);
      assert.equal(parsed.leaf.type, 'feed/v1');
      const { salts, statement } = event;
      const openings = openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, leafFields);
      assert.ok(allOpened(verifyOpening(parsed.leaf, openings, sha256Bytes), leafFields));
      assert.equal(Buffer.from(openings.subject?.payload ?? []).toString(), '{"feeds":"advisories"}');
      assert.deepEqual(judgeStatement(statement, 'assay.example.com/log'), { ok: true });
      const text = JSON.stringify(statement);
      for (const one of [...said[change.action], `"action":"${change.action}"`, 'operator (local)'])
        assert.ok(text.includes(one), one);
    }
  });
