import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import { entryOf, opened, packumentOf, parsed } from '../../../test/support/packuments.ts';
import { lastModifiedOf } from './modified.ts';
import { renderPackument } from './packument-render.ts';
import { emptyPlan, type RenderPlan } from './render-plan.ts';

function withTime(time: JsonObject, more: JsonObject = {}): JsonObject {
  return packumentOf(['1.0.0'], { more: { time, ...more } });
}

function modified(document: JsonObject, plan: RenderPlan = emptyPlan): unknown {
  return parsed(renderPackument(opened(document), plan, 'abbreviated', 'https://gate.example.com/'))[
    'modified'
  ];
}

describe('modified and Last-Modified', () => {
  it('are upstream’s own where they bound every time shown', () => {
    const document = withTime({ modified: '2026-03-01T00:00:00+00:00', '1.0.0': '2026-02-01T00:00:00Z' });
    assert.equal(modified(document), '2026-03-01T00:00:00+00:00');
    assert.equal(lastModifiedOf(opened(document), emptyPlan), 'Sun, 01 Mar 2026 00:00:00 GMT');
  });

  it('fall back to the newest time', () => {
    const document = withTime({ '1.0.0': '2026-02-01T00:00:00.250Z', '0.9.0': '2026-01-01T00:00:00Z' });
    assert.equal(modified(document), '2026-02-01T00:00:00.250Z');
  });

  it('round fractions up, microseconds too', () => {
    const at = (text: string): string | undefined =>
      lastModifiedOf(opened(withTime({ '1.0.0': text })), emptyPlan);
    assert.equal(at('2026-02-01T00:00:00.001Z'), 'Sun, 01 Feb 2026 00:00:01 GMT');
    assert.equal(at('2026-02-01T00:00:00.000001+00:00'), 'Sun, 01 Feb 2026 00:00:01 GMT');
    assert.equal(at('2026-02-01T00:00:00.000Z'), 'Sun, 01 Feb 2026 00:00:00 GMT');
  });

  it('are absent where no time is known', () => {
    const document = withTime({ '1.0.0': 'yesterday' });
    assert.equal(modified(document), undefined);
    assert.equal(lastModifiedOf(opened(document), emptyPlan), undefined);
  });

  it('are never earlier than a version shown, whatever upstream claims: pnpm takes them as proof of age', () => {
    const instant = fc
      .date({ min: new Date('2020-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
    fc.assert(
      fc.property(instant, instant, fc.option(instant), (claimed, version, top) => {
        const document = withTime(
          { modified: claimed, '1.0.0': version },
          top === null ? {} : { modified: top },
        );
        const kept = [{ version: '2.0.0', manifest: entryOf('colour-pick', '2.0.0'), time: claimed }];
        for (const plan of [emptyPlan, { ...emptyPlan, kept }]) {
          const shown = Date.parse(String(modified(document, plan)));
          const header = Date.parse(lastModifiedOf(opened(document), plan) ?? '');
          assert.ok(shown >= Date.parse(version) && header >= shown);
          if (plan.kept.length > 0) assert.ok(shown >= Date.parse(claimed));
        }
      }),
    );
  });
});
