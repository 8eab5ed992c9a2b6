/** Secrets and careless settings that were shipped: for the eyes of publisher and consumer, no sign of ill will. */
import type { Collector, CollectorInput } from '../../core/collector.ts';
import type { ScanFinding } from '../../core/scan-report.ts';
import { rulesDigest } from '../../scan/rules/all.ts';
import { recordOf, type Finding } from '../record.ts';
import { withoutScan } from '../without-scan.ts';

export const secretsCollector: Collector = {
  kind: 'secrets',
  version: `1.${rulesDigest.slice(0, 12)}`,
  scope: 'artifact',
  usesScan: true,
  collect: (input) => recordOf(secretsCollector, input, examine(input)),
};

function examine({ scan }: CollectorInput): Finding {
  if (scan.state !== 'scanned') return withoutScan(scan, 'Secrets were not looked for');
  const found = scan.report.findings.filter(({ area }) => area === 'secret' || area === 'configuration');
  const secrets = found.filter(({ area, severity }) => area === 'secret' && severity !== 'low');
  const facts = { secrets: secrets.length, findings: found.length };
  const items = found.map(item);
  const [worst] = secrets;
  if (worst !== undefined) {
    const others = secrets.length === 1 ? '' : ` and ${secrets.length - 1} more`;
    return {
      result: 'fail',
      summary: `A secret was shipped: ${worst.message} (${worst.path})${others}.`,
      facts,
      items,
    };
  }
  const telling = found.filter(({ severity }) => severity !== 'none');
  if (telling.length > 0) {
    return {
      result: 'warn',
      summary: `Careless, but no secret that opens anything: ${telling.length} findings.`,
      facts,
      items,
    };
  }
  return { result: 'pass', summary: 'No secret was found in its files.', facts, items };
}

function item({
  rule,
  path,
  line,
  message,
  excerpt,
  severity,
  capped,
}: ScanFinding): NonNullable<Finding['items']>[number] {
  return {
    id: rule,
    message: `${path}${line === undefined ? '' : `:${line}`}: ${message}`,
    data: { severity, path, line: line ?? null, excerpt: excerpt ?? null, capped: capped ?? null },
  };
}
