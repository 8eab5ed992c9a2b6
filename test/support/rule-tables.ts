/** What tests of the rules about publications share: an ordinary package, and a table of stories with what a rule says of each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../src/core/evidence.ts';
import type { Expectation } from '../../src/core/expectation.ts';
import type { SignerIdentity } from '../../src/core/identity.ts';
import type { RuleName } from '../../src/evidence/expectations/verdict.ts';
import {
  after,
  dayMs,
  forgeAnswers,
  judge,
  sampleExpectation,
  workflowIdentity,
  type Chapter,
  type Story,
} from './publication-story.ts';

export const now = '2026-11-20T12:00:00.000Z';
export const at = '2026-11-10T00:00:00.000Z';
export const steady: readonly Chapter[] = [0, 1, 2, 3, 4, 5].map((n) => ({
  version: `1.1.${n}`,
  at: after('2026-01-01T00:00:00Z', n * 20 * dayMs),
  attested: true,
}));
export const last: Chapter = { version: '1.2.3', at, attested: true };
export const attested: Story = {
  chapters: [...steady, last],
  now,
  provenance: workflowIdentity(),
  history: { expectations: [sampleExpectation()] },
  forge: forgeAnswers(),
};

export function verdict(rule: RuleName, story: Story): readonly [unknown, string] {
  const evidence = judge(story);
  const items = evidence.items.filter(({ id }) => id.startsWith(`expectations/${rule}/`));
  return [evidence.facts[`rule.${rule}`], items.map(({ id }) => id.split('/').slice(2).join('/')).join(' ')];
}

type Row<T> = readonly [what: string, input: T, result: string, parts?: string];

export function table<T>(rule: RuleName, rows: readonly Row<T>[], story: (input: T) => Story): void {
  for (const [what, input, result, parts = ''] of rows) {
    test(`${rule}: ${what}: ${result}`, () => {
      assert.deepEqual(verdict(rule, story(input)), [result, parts]);
    });
  }
}

export function withIdentity(change: Partial<SignerIdentity>, expectation?: Partial<Expectation>): Story {
  return {
    ...attested,
    provenance: workflowIdentity(change),
    history: { expectations: [sampleExpectation(expectation)] },
  };
}

export function without(story: Story, key: 'forge' | 'provenance'): Story {
  const { [key]: _, ...rest } = story;
  return rest;
}

export function given<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

export const jane: Partial<Chapter> = { publisher: 'jane', publisherEmail: 'jane@mail.example' };
export const joe: Partial<Chapter> = { publisher: 'joe', publisherEmail: 'joe@mail.example' };
export const ci: Partial<Chapter> = {
  publisher: 'GitHub Actions',
  publisherEmail: 'oidc@forge.example',
  trustedPublisher: 'github',
};

export function published(count: number, by: Partial<Chapter>, from = 0): readonly Chapter[] {
  return Array.from({ length: count }, (_, n) => ({
    version: `1.${from + n}.0`,
    at: after('2025-01-01T00:00:00Z', (from + n) * 30 * dayMs),
    ...by,
  }));
}
export const nine = (by: Partial<Chapter>, when = '2026-11-10T00:00:00Z'): Chapter => ({
  version: '1.90.0',
  at: when,
  ...by,
});

export function assertRules(evidence: Evidence, expected: Readonly<Record<string, string>>): void {
  const told = Object.fromEntries(
    Object.keys(expected).map((name) => [name, evidence.facts[`rule.${name}`]]),
  );
  assert.deepEqual(told, expected, JSON.stringify(evidence.items, null, 1));
}

/** As npm shows what a trusted publisher published. */
export const byWorkflow: Partial<Chapter> = { ...ci, attested: true };
