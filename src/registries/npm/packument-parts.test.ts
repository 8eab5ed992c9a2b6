import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../../core/errors.ts';
import {
  anyPackument,
  jsonBytes,
  opened,
  packumentOf,
  parsed,
  read,
} from '../../../test/support/packuments.ts';
import { encodeParts, manifestFrom, openParts } from './packument-parts.ts';
import { renderPackument } from './packument-render.ts';
import { emptyPlan } from './render-plan.ts';

describe('a parts file', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(anyPackument, (document) => {
        const { parts } = read(document);
        const file = openParts(encodeParts(parts));
        assert.deepEqual(
          [...file.versions.keys()],
          parts.versions.map(({ version }) => version),
        );
        assert.deepEqual(parsed(jsonBytes({ time: file.time })), parsed(jsonBytes({ time: parts.time })));
        assert.deepEqual(file.tags, parts.tags);
        assert.equal(file.digest, parts.digest);
        for (const { version, url } of parts.versions) assert.equal(file.versions.get(version)?.url, url);
      }),
      { numRuns: 200 },
    );
  });

  it('is the same bytes for the same index', () => {
    const { parts } = read(packumentOf(['1.0.0', '2.0.0']));
    assert.deepEqual(encodeParts(parts), encodeParts(parts));
  });

  it('owns its memory, so that it can be handed to another thread', () => {
    const bytes = encodeParts(read(packumentOf(['1.0.0'])).parts);
    assert.equal(bytes.buffer.byteLength, bytes.byteLength);
    const rendered = renderPackument(openParts(bytes), emptyPlan, 'full', 'https://gate.example.com/');
    assert.equal(rendered.buffer.byteLength, rendered.byteLength);
  });

  it('opens from the middle of a larger buffer', () => {
    const bytes = encodeParts(read(packumentOf(['1.0.0'])).parts);
    const inside = Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(3)]).subarray(7, 7 + bytes.length);
    assert.equal(manifestFrom(openParts(inside), '1.0.0')?.['version'], '1.0.0');
  });

  it('has no manifest of a version it does not hold', () => {
    for (const version of ['9.9.9', '__proto__', 'toString', ''])
      assert.equal(manifestFrom(opened(packumentOf(['1.0.0'])), version), undefined);
  });

  it('is refused by code when any byte of it changed, or it is cut', () => {
    const bytes = Buffer.from(encodeParts(read(packumentOf(['1.0.0', '2.0.0'])).parts));
    const isCorrupt = (error: unknown): boolean => isAssayError(error, 'INDEX_PARTS_CORRUPT');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        assert.throws(() => openParts(changed), isCorrupt);
        assert.throws(() => openParts(bytes.subarray(0, at)), isCorrupt);
      }),
      { numRuns: 500 },
    );
    assert.throws(() => openParts(Buffer.concat([bytes, Buffer.alloc(1)])), isCorrupt);
  });
});
