/** Promises of the secrets evidence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../core/evidence.ts';
import type { ScanFinding } from '../../core/scan-report.ts';
import { sampleInput } from '../../../test/support/collector-input.ts';
import { failedScan, scanFinding, scanReport } from '../../../test/support/scan-report.ts';
import { secretsCollector } from './collect.ts';

async function collected(...findings: readonly ScanFinding[]): Promise<Evidence> {
  return secretsCollector.collect({
    ...sampleInput(),
    scan: { state: 'scanned', report: scanReport({ findings }) },
  });
}

const secret = scanFinding({
  area: 'secret',
  rule: 'secret/private-key',
  path: 'key.pem',
  message: 'A private key.',
});

test('a secret fails, one in tests and careless settings warn, modes of old archives pass', async () => {
  const failed = await collected(secret);
  assert.equal(failed.result, 'fail');
  assert.match(failed.summary, /key\.pem/);
  assert.equal(failed.items[0]?.id, 'secret/private-key');
  assert.equal((await collected({ ...secret, severity: 'low', capped: 'tests' })).result, 'warn');
  assert.equal((await collected({ ...secret, area: 'configuration', severity: 'low' })).result, 'warn');
  const mode = await collected({ ...secret, area: 'configuration', severity: 'none' });
  assert.equal(mode.result, 'pass');
  assert.equal(mode.items.length, 1);
});

test('malware is not its business, and after a failed scan nothing was checked', async () => {
  assert.equal((await collected(scanFinding())).result, 'pass');
  assert.equal(
    (await secretsCollector.collect({ ...sampleInput(), scan: failedScan })).result,
    'not-checked',
  );
});
