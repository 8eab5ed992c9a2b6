import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DisclosedFinding } from '../../server/auditing/bundle.ts';
import type { Terminal } from '../terminal.ts';
import { entryLines } from './entry-lines.ts';

const terminal = { paint: (_: string, text: string) => text } as unknown as Terminal;

function outcomeIn(predicate: unknown): string | undefined {
  const finding = {
    index: 1,
    leaf: undefined,
    fields: undefined,
    subject: undefined,
    proof: { ok: true },
    envelope: 'signed',
    summary: 'none',
    statement: { predicate },
  } as unknown as DisclosedFinding;
  return entryLines(terminal, finding)
    .find((line) => line.startsWith('  outcome'))
    ?.slice(13);
}

test('an entry tells what was done, of whichever kind it is', () => {
  const entries: readonly (readonly [unknown, string | undefined])[] = [
    [{ outcome: 'block' }, 'block'],
    [{ verdict: 'identical' }, 'built from source: identical'],
    [{ verdict: 'not-built', cause: 'no-source' }, 'not-built (no-source)'],
    [{ action: 'approve-recipe', reason: 'looked at it' }, 'approve-recipe'],
    [{ action: 'vex-stated' }, 'vex-stated'],
    [{ field: 'subject', event: 'E' }, 'subject of the entry E erased'],
    [{}, undefined],
  ];
  for (const [predicate, told] of entries) assert.equal(outcomeIn(predicate), told);
});
