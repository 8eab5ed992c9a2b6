/** Promises of the capabilities evidence: what a version gained over the one before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CollectorInput } from '../../core/collector.ts';
import type { Evidence } from '../../core/evidence.ts';
import { sampleInput } from '../../../test/support/collector-input.ts';
import { failedScan, scanReport } from '../../../test/support/scan-report.ts';
import { capabilitiesCollector } from './collect.ts';

async function change(
  before: readonly string[] | undefined,
  now: readonly string[],
  versions: readonly [string, string] = ['1.2.3', '1.2.4'],
): Promise<Evidence> {
  const base = sampleInput();
  const report = (capabilities: readonly string[]): ReturnType<typeof scanReport> =>
    scanReport({
      fingerprint: {
        capabilities,
        hosts: capabilities.includes('network') ? ['c.example'] : [],
        threats: [],
      },
    });
  const input: CollectorInput = {
    ...base,
    version: { ...base.version, version: versions[1] },
    scan: { state: 'scanned', report: report(now) },
    previousScan:
      before === undefined
        ? undefined
        : { version: versions[0], outcome: { state: 'scanned', report: report(before) } },
  };
  return capabilitiesCollector.collect(input);
}

test('nothing gained passes, also where something was lost', async () => {
  assert.equal((await change(['network'], ['network'])).result, 'pass');
  const lost = await change(['network', 'process'], ['network']);
  assert.equal(lost.result, 'pass');
  assert.equal(lost.facts['lost'], 'process');
});

test('network and processes gained in a patch release fail, as axios 1.14.1 did', async () => {
  const evidence = await change([], ['network', 'process']);
  assert.equal(evidence.result, 'fail');
  assert.match(evidence.summary, /Gained network, process in a patch release, compared with 1\.2\.3/);
  assert.deepEqual(
    evidence.items.map(({ id }) => id),
    ['capabilities/network', 'capabilities/process', 'capabilities/new-host'],
  );
});

test('the same in a major release, or files alone in a patch release, is told and no more', async () => {
  assert.equal((await change([], ['network', 'process'], ['1.2.3', '2.0.0'])).result, 'warn');
  assert.equal((await change([], ['file-read', 'environment'])).result, 'warn');
});

test('an install script that newly reaches the network fails in any release', async () => {
  const now = ['install-script', 'install:network', 'network'];
  assert.equal((await change(['install-script', 'network'], now, ['1.0.0', '2.0.0'])).result, 'fail');
});

test('without an earlier version it is not available, without a scan not checked', async () => {
  assert.equal((await change(undefined, ['network'])).result, 'not-available');
  const unscanned = await capabilitiesCollector.collect({ ...sampleInput(), scan: failedScan });
  assert.deepEqual([unscanned.result, unscanned.facts['passing']], ['not-checked', true]);
  const scan = { state: 'scanned', report: scanReport() } as const;
  const previousScan = { version: '1.2.2', outcome: failedScan } as const;
  const evidence = await capabilitiesCollector.collect({ ...sampleInput(), scan, previousScan });
  assert.deepEqual([evidence.result, evidence.facts['passing']], ['not-checked', true]);
});

test('versions that are no numbers are compared all the same', async () => {
  for (const version of ['nightly', '1.2', '99999999999.1.1', '']) {
    assert.equal((await change([], ['network'], ['1.0.0', version])).facts['step'], 'other');
  }
});
