/** Secrets and careless settings that were shipped: for the eyes of publisher and consumer, no sign of ill will. */
import type { Collector, CollectorInput } from '../../core/collector.ts';
import type { ScanFinding } from '../../core/scan-report.ts';
import { recordOf, type Finding } from '../record.ts';

export const secretsCollector: Collector = {
  kind: 'secrets',
  version: '1',
  scope: 'artifact',
  collect: (input) => recordOf(secretsCollector, input, examine(input)),
};

function examine({ scan }: CollectorInput): Finding {
  if (scan.state === 'failed') {
    return { result: 'error', summary: `Secrets were not looked for: it was not scanned (${scan.code}).` };
  }
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
