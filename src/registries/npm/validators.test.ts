import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import { sha256 } from '../../core/digest.ts';
import { entryOf, opened, packumentOf, parsed } from '../../../test/support/packuments.ts';
import { etagOf, matchesEtag, type AnswerSource } from './etag.ts';
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

describe('an ETag', () => {
  const source: AnswerSource = {
    upstreamDigest: sha256('x'),
    plan: { ...emptyPlan, hidden: ['1.0.0', '2.0.0'] },
    what: 'full',
    registryBase: 'https://gate.example.com/',
  };
  const manifest = entryOf('colour-pick', '2.0.0');
  const keptOne = { version: '2.0.0', manifest, time: undefined };
  const kept = [keptOne];

  it('is the same for the same answer', () => {
    assert.equal(etagOf(source), etagOf({ ...source, plan: { ...emptyPlan, hidden: ['2.0.0', '1.0.0'] } }));
    assert.match(etagOf(source), /^W\/"[0-9a-f]{32}"$/);
  });

  it('differs for everything that makes an answer', () => {
    const others: readonly AnswerSource[] = [
      source,
      { ...source, upstreamDigest: sha256('y') },
      { ...source, what: 'abbreviated' },
      { ...source, registryBase: 'https://other.example.com/' },
      { ...source, plan: { ...source.plan, hidden: ['1.0.0'] } },
      { ...source, plan: { ...source.plan, gone: true } },
      { ...source, plan: { ...source.plan, kept } },
      { ...source, plan: { ...source.plan, kept: [{ ...keptOne, time: '2026-01-01T00:00:00.000Z' }] } },
      { ...source, plan: { ...source.plan, kept: [{ ...keptOne, manifest: { ...manifest, x: 1 } }] } },
      { ...source, plan: { ...source.plan, restrictions: { message: 'a', versions: [] } } },
      { ...source, plan: { ...source.plan, restrictions: { message: 'b\ud800', versions: ['1.0.0'] } } },
    ];
    assert.equal(new Set(others.map(etagOf)).size, others.length);
  });

  it('matches as HTTP says', () => {
    const etag = 'W/"abc"';
    for (const header of ['W/"abc"', '"abc"', '*', '"x", W/"abc"', ' "abc" '])
      assert.ok(matchesEtag(header, etag), header);
    for (const header of [undefined, '', 'abc', '"ab"', 'W/"x", "y"', '"abc', '**'])
      assert.ok(!matchesEtag(header, etag), String(header));
  });
});
