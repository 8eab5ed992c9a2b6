import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statement } from '../../../test/support/bom-input.ts';
import { sampleVersion, sampleView } from '../../../test/support/collector-input.ts';
import type { ReleaseRecord } from '../../admission/deps.ts';
import { AssayError } from '../../core/errors.ts';
import type { Evidence } from '../../core/evidence.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { VexStatement } from '../../core/vex.ts';
import { formatPurl } from '../../core/purl.ts';
import { checkLimits, checkResult } from '../control/protocol.ts';
import type { Gate } from '../gate.ts';
import { knownOf } from './known.ts';

const asked = { upstream: 'npm' as UpstreamId, name: 'sample', version: '1.2.3' };

interface Told {
  readonly evidence?: readonly Partial<Evidence>[];
  readonly vex?: readonly VexStatement[];
  readonly isDown?: boolean;
}

function known({ evidence = [], vex = [], isDown = false }: Told): ReturnType<typeof knownOf> {
  const gate = {
    storage: { admission: { release: () => Promise.resolve({ evidence }) } },
    shelves: {
      show: () =>
        isDown
          ? Promise.reject(new AssayError('UPSTREAM_TIMEOUT', 'it is down'))
          : Promise.resolve({ view: sampleView(sampleVersion()) }),
    },
    feeds: { vexAbout: () => vex },
    clock: () => new Date('2026-11-20T12:00:00.000Z'),
  } as unknown as Gate;
  return knownOf(gate, asked, { id: 'r' } as unknown as ReleaseRecord);
}

const licences = (change: Partial<Evidence>): Partial<Evidence> => ({
  kind: 'licences',
  result: 'pass',
  facts: { expression: 'MIT', detected: 'MIT, ISC' },
  items: [],
  ...change,
});

test('a licence is concluded where declaration and texts agree; where they do not, or nobody could look, it is not', async () => {
  const of = async (change: Partial<Evidence>) => (await known({ evidence: [licences(change)] })).licence;
  assert.deepEqual(await of({}), { concluded: 'MIT', detected: ['MIT', 'ISC'] });
  const disputed = { id: 'licences/licence/disagreement/ISC', message: 'x' };
  assert.deepEqual(await of({ items: [disputed] }), { concluded: null, detected: ['MIT', 'ISC'] });
  assert.deepEqual(await of({ facts: { expression: null, detected: null } }), {
    concluded: null,
    detected: [],
  });
  for (const result of ['error', 'not-checked'] as const) assert.equal(await of({ result }), undefined);
  assert.equal((await known({})).licence, undefined);
});

test('statements about the version and about all versions are told, of others not; what is left out is counted', async () => {
  const about = (version: string | undefined): VexStatement =>
    statement({ product: formatPurl('npm', 'sample', version) });
  const some = await known({ vex: [about('1.2.3'), about(undefined), about('9.0.0')] });
  assert.deepEqual([some.vex?.statements.length, some.vex?.more], [2, 0]);
  const many = await known({ vex: Array.from({ length: 30 }, () => about('1.2.3')) });
  assert.deepEqual([many.vex?.statements.length, many.vex?.more], [20, 10]);
});

test('the longest statements still fit into a line, and are what a client reads', async () => {
  const long = 'x'.repeat(100_000);
  const vex = Array.from({ length: 25 }, () =>
    statement({
      product: formatPurl('npm', 'sample'),
      author: long,
      statement: `${long}\ud800`,
      vulnerabilities: [long, ...Array.from({ length: 500 }, () => long)],
      cyclonedx: { state: 'in_triage', justification: long, responses: [long, long] },
    }),
  );
  const told = await known({ vex });
  const line = {
    purl: 'pkg:npm/sample@1.2.3',
    outcome: 'allow',
    reasons: [],
    integrityMatches: null,
    ...told,
  };
  const text = JSON.stringify(line);
  assert.ok(text.length < checkLimits.answerLineBytes, String(text.length));
  assert.deepEqual(checkResult.parse(JSON.parse(text)).vex, told.vex);
});

test('an upstream that fails now takes only its own answer away', async () => {
  const told = await known({ isDown: true, evidence: [licences({})] });
  assert.equal(told.currency, undefined);
  assert.equal(told.licence?.concluded, 'MIT');
});
