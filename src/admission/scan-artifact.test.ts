/** When an artifact is scanned, with what, and what is said where that did not go well. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { hourMs, startAdmission, type AdmissionBench } from '../../test/support/admission-bench.ts';
import { readingOf } from '../../test/support/collector-input.ts';
import { scanReport } from '../../test/support/scan-report.ts';
import type { ArchiveReading } from '../core/archive-reading.ts';
import { canonicalBytes } from '../core/canonical-json.ts';
import type { Predecessor, ReadingOutcome } from '../core/collector.ts';
import { sha256, type ArtifactDigests } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ScanSubject } from './scan-deps.ts';
import type { Rooms } from './rooms.ts';
import { createScanner, defaultScanLimits } from '../scan/scanner.ts';
import { scanInput } from './scan-artifact.ts';

async function blobOf(bench: AdmissionBench, text: string): Promise<ArtifactDigests> {
  const writer = await bench.rooms.blobs.create();
  await writer.write(Buffer.from(text));
  return writer.commit();
}

/** Path inside the top folder → content. */
function archiveOf(
  files: Readonly<Record<string, string>>,
): ReadingOutcome & { readonly reading: ArchiveReading } {
  const base = readingOf('{}');
  const members = Object.entries(files).map(([path, content]) => ({
    path: `package/${path}`,
    type: 'file' as const,
    mode: 0o644,
    sizeBytes: content.length,
    sha256: sha256(content),
  }));
  return { state: 'read', reading: { ...base, members } };
}

/** Bytes on record, with what the readers made of them, so that nobody reads them. */
async function release(
  bench: AdmissionBench,
  bytes: string,
  files: Readonly<Record<string, string>>,
): Promise<{ readonly artifact: ArtifactDigests; readonly archive: ReadingOutcome }> {
  const artifact = await blobOf(bench, bytes);
  const archive = archiveOf(files);
  const form = JSON.parse(JSON.stringify(archive.reading)) as JsonObject;
  const reading = await blobOf(bench, Buffer.from(canonicalBytes(form)).toString('utf8'));
  await bench.rooms.store.recordArtifact({ digests: artifact, reading: reading.sha256 });
  return { artifact, archive };
}

function before(version: string, artifact: ArtifactDigests): Predecessor {
  return { version, how: 'last-admitted', installScripts: {}, artifact };
}

/** Counts the scans, and answers as told. */
function scanning(bench: AdmissionBench, answer: () => ReturnType<Rooms['scanner']['scan']>) {
  const asked: ScanSubject[] = [];
  bench.setScan((_path, _bytes, subject) => {
    asked.push(subject);
    return answer();
  });
  return asked;
}

const fails = (): Promise<never> => Promise.reject(new AssayError('SCAN_FAILED', 'it ended by SIGSEGV'));
const goesWell = () => Promise.resolve(scanReport());

test('the same bytes are scanned once, and again by other rules or beside another version before', async (t) => {
  const bench = await startAdmission(t);
  const asked = scanning(bench, goesWell);
  const { rooms } = bench;
  const [old, older, now] = [
    await release(bench, 'old', { 'a.js': '1' }),
    await release(bench, 'older', { 'a.js': '0' }),
    await release(bench, 'now', { 'a.js': '1', 'b.js': '2' }),
  ];
  const scan = (of: Rooms, predecessor?: Predecessor) =>
    scanInput(of, now.artifact, now.archive, predecessor);
  for (const round of [1, 2]) {
    const { scan: found, previousScan } = await scan(rooms);
    assert.equal(found.state, 'scanned', `round ${round}`);
    assert.equal(previousScan, undefined);
  }
  assert.equal(asked.length, 1);
  const { previousScan } = await scan(rooms, before('1.0.0', old.artifact));
  assert.deepEqual([previousScan?.version, previousScan?.outcome.state], ['1.0.0', 'scanned']);
  // Itself, knowing what is new in it, and the one before.
  assert.deepEqual(asked.map(({ changed }) => changed).slice(1), [undefined, ['b.js']]);
  await scan(rooms, before('1.0.0', old.artifact));
  assert.equal(asked.length, 3);
  await scan(rooms, before('0.9.0', older.artifact));
  assert.deepEqual(asked.map(({ changed }) => changed).slice(3), [undefined, ['a.js', 'b.js']]);
  const other = { ...rooms, scanner: { ...rooms.scanner, rules: 'other' } };
  await scan(other);
  assert.equal(asked.length, 6);
});

test('a report that was lost or damaged is made again', async (t) => {
  const bench = await startAdmission(t);
  const asked = scanning(bench, goesWell);
  const { rooms } = bench;
  const { artifact, archive } = await release(bench, 'bytes', { 'a.js': '1' });
  const key = { artifact: artifact.sha256, rules: rooms.scanner.rules, base: undefined };
  await scanInput(rooms, artifact, archive, undefined);
  for (const harm of [(path: string) => rm(path), (path: string) => writeFile(path, '{"schema":1}')]) {
    const report = (await rooms.scans.of(key))?.report;
    assert.ok(report);
    await harm((await rooms.blobs.path(report)) ?? '');
    const { scan } = await scanInput(rooms, artifact, archive, undefined);
    assert.equal(scan.state === 'scanned' && scan.report.scanner, 'test');
  }
  assert.equal(asked.length, 3);
});

test('what the readers made of the version before was lost: it is read again, and nothing stands still', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'kept', version: '1.0.0' });
  bench.registry.publish({ name: 'kept', version: '1.0.1' });
  const first = await bench.admit('kept', '1.0.0');
  assert.equal(first.state, 'allowed');
  const known = await bench.rooms.store.artifact(first.artifact.sha256);
  assert.ok(known?.reading);
  await rm((await bench.rooms.blobs.path(known.reading)) ?? '');
  assert.equal((await bench.admit('kept', '1.0.1')).state, 'allowed');
});

test('bytes that ended the scanner three times are left alone for a day, and not by another scanner', async (t) => {
  const bench = await startAdmission(t);
  const asked = scanning(bench, fails);
  const { rooms } = bench;
  const { artifact, archive } = await release(bench, 'bytes', { 'a.js': '1' });
  const scan = async (of = rooms): Promise<string> => {
    const { scan } = await scanInput(of, artifact, archive, undefined);
    return scan.state === 'failed' ? `${scan.code}: ${scan.message}` : scan.state;
  };
  for (let n = 0; n < 3; n += 1) assert.equal(await scan(), 'SCAN_FAILED: it ended by SIGSEGV');
  assert.match(await scan(), /^SCAN_FAILED: .*failed 3 times, and is left alone for a day/);
  assert.equal(asked.length, 3);
  await scan({ ...rooms, scanner: { ...rooms.scanner, rules: 'other' } });
  assert.equal(asked.length, 4);
  bench.pass(24 * hourMs + 1);
  await scan();
  assert.equal(asked.length, 5);
  assert.match(await scan(), /failed 4 times/);
  assert.equal(asked.length, 5);
  bench.pass(24 * hourMs + 1);
  bench.setScan(goesWell);
  assert.equal(await scan(), 'scanned');
});

test('that all scanners are busy is no fault of the bytes', async (t) => {
  const bench = await startAdmission(t);
  const asked = scanning(bench, () => Promise.reject(new AssayError('SCAN_BUSY', 'too many wait')));
  const { rooms } = bench;
  const { artifact, archive } = await release(bench, 'bytes', { 'a.js': '1' });
  for (let n = 0; n < 5; n += 1) {
    const { scan } = await scanInput(rooms, artifact, archive, undefined);
    assert.equal(scan.state === 'failed' && scan.code, 'SCAN_BUSY');
  }
  assert.equal(asked.length, 5);
});

test('an archive that was not accepted is not scanned, one that nobody could read failed, and neither is a pass', async (t) => {
  const bench = await startAdmission(t);
  const asked = scanning(bench, goesWell);
  const { artifact } = await release(bench, 'bytes', { 'a.js': '1' });
  const refused = { state: 'read', reading: { ...readingOf('{}'), verdict: 'refused' } } as const;
  const died = { state: 'failed', code: 'ARCHIVE_READER_FAILED', message: 'it died' } as const;
  const scans = await Promise.all(
    [refused, died].map((archive) => scanInput(bench.rooms, artifact, archive as ReadingOutcome, undefined)),
  );
  assert.deepEqual(
    scans.map(({ scan }) => scan.state),
    ['not-scanned', 'failed'],
  );
  assert.equal(asked.length, 0);
});

test('a scan that fails holds the release as an error, is tried again after a minute, and the next package is fine', async (t) => {
  const bench = await startAdmission(t);
  const asked = scanning(bench, fails);
  bench.registry.publish({ name: 'crasher', version: '1.0.0' });
  bench.registry.publish({ name: 'fine', version: '1.0.0' });
  const held = await bench.admit('crasher', '1.0.0');
  assert.equal(held.state, 'refused');
  assert.equal(held.release.decision.outcome, 'hold');
  assert.deepEqual(
    held.release.decision.reasons.map(({ rule, result }) => [rule, result]),
    [['npm/malware', 'error']],
  );
  await bench.admit('crasher', '1.0.0');
  assert.equal(asked.length, 1);
  bench.setScan(goesWell);
  assert.equal((await bench.admit('fine', '1.0.0')).state, 'allowed');
  bench.pass(61_000);
  assert.equal((await bench.admit('crasher', '1.0.0')).state, 'allowed');
});

const content = fc.constantFrom('1', '2', '3');
const tree = fc.dictionary(fc.constantFrom('a.js', 'b/c.js', 'd.json', 'e'), content, { maxKeys: 4 });

test('the scanner is told exactly the files that are new or have other bytes', async (t) => {
  const bench = await startAdmission(t);
  const asked = scanning(bench, goesWell);
  let salt = 0;
  await fc.assert(
    fc.asyncProperty(tree, tree, async (then, now) => {
      salt += 1;
      const old = await release(bench, `old ${salt}`, then);
      const { artifact, archive } = await release(bench, `now ${salt}`, now);
      asked.length = 0;
      await scanInput(bench.rooms, artifact, archive, before('1.0.0', old.artifact));
      const told = asked.find(({ changed }) => changed !== undefined)?.changed ?? [];
      const expected = Object.keys(now).filter(
        (path) => !Object.hasOwn(then, path) || then[path] !== now[path],
      );
      assert.deepEqual([...told].sort(), expected.sort());
    }),
    { numRuns: 25 },
  );
});

test('a scanner that hangs, or grows over its memory, holds the release as an error, and scans the next one', async (t) => {
  const bench = await startAdmission(t);
  for (const limits of [{ wallMs: 1 }, { residentBytes: 8 * 1024 * 1024 }]) {
    const scanner = createScanner({
      nodePath: process.execPath,
      readable: [bench.directory],
      limits: { ...defaultScanLimits, ...limits },
      children: 1,
    });
    bench.setScan((path, bytes) => scanner.scan(path, bytes));
    const name = Object.keys(limits).join('').toLowerCase();
    bench.registry.publish({ name, version: '1.0.0', files: { 'index.js': 'x=1;\n'.repeat(200_000) } });
    const held = await bench.admit(name, '1.0.0');
    await scanner.close();
    assert.deepEqual(
      held.state !== 'absent' && held.release.decision.reasons.map(({ rule, result }) => [rule, result]),
      [['npm/malware', 'error']],
    );
    bench.setScan(goesWell);
    bench.pass(61_000);
    assert.equal((await bench.admit(name, '1.0.0')).state, 'allowed');
  }
});
