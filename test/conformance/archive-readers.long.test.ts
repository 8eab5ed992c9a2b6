/**
 * Three minutes of archives that lie where readers are known to part. Whatever we agree on, tar-stream, GNU tar and
 * bsdtar must list the same. (The tools start a process for each archive, so they see a part of them.)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { withoutInnerDots } from '../../src/archive/member-path.ts';
import { defaultArchiveLimits } from '../../src/archive/limits.ts';
import { readTarball } from '../../src/archive/read-tarball.ts';
import type { ArchiveReading } from '../../src/core/archive-reading.ts';
import { lyingArchive } from '../support/lying-archive.ts';
import { gzip } from '../support/tar-builder.ts';
import { asTarStreamReads, asToolReads, tarTools } from '../support/tar-tools.ts';

const durationMs = 130_000;
const toolEvery = 5;

function read(bytes: Uint8Array): Promise<ArchiveReading> {
  return readTarball(
    (offset, length) => bytes.subarray(offset, offset + length),
    bytes.length,
    defaultArchiveLimits,
  );
}

test('lying archives: refused, or read alike by every reader we have', async (context) => {
  const counts = { agreed: 0, refused: 0, disagreed: 0 };
  const property = fc.asyncProperty(lyingArchive, async (bytes) => {
    const reading = await read(gzip(bytes, { level: 1 }));
    counts[reading.verdict] += 1;
    if (reading.verdict !== 'agreed') return assert.ok(reading.findings.length > 0);
    const paths = reading.members.map((each) => each.path);
    const named = (names: readonly string[]): readonly string[] => [...new Set(names.map(withoutInnerDots))];
    assert.deepEqual(named((await asTarStreamReads(bytes)).map(([path]) => path)), paths);
    if (counts.agreed % toolEvery !== 0) return;
    for (const tool of tarTools)
      if (tool.command !== undefined) assert.deepEqual(named(asToolReads(tool, bytes).names), paths);
  });
  await fc.assert(property, {
    numRuns: 10_000_000,
    interruptAfterTimeLimit: durationMs,
    markInterruptAsFailure: false,
  });
  context.diagnostic(JSON.stringify(counts));
  assert.ok(counts.agreed > 500 && counts.refused > 5000, 'too few of either kind to say anything');
});

test('packed bytes with random damage never crash the reader', async () => {
  const damage = fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 6 });
  const property = fc.asyncProperty(lyingArchive, damage, async (bytes, places) => {
    const packed = gzip(bytes, { level: 1 });
    for (const { at, value } of places) packed[at % packed.length] = value;
    const reading = await read(packed);
    assert.equal(reading.verdict === 'agreed', reading.findings.length === 0);
  });
  await fc.assert(property, { numRuns: 20_000, interruptAfterTimeLimit: 40_000 });
});
