/** Prometheus metrics of one gate. Labels come from closed sets, never from a request. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from '@prometheus-io/client';

export interface Metrics {
  readonly request: (route: string, status: number, seconds: number) => void;
  readonly decision: (outcome: string) => void;
  readonly alarm: (kind: string) => void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

export interface Gauges {
  readonly held: () => Promise<number>;
  readonly alarms: () => Promise<number>;
}

export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Counter({
    name: 'assay_requests_total',
    help: 'Requests answered, by route and status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'assay_request_seconds',
    help: 'Time until the answer was sent whole, by route.',
    labelNames: ['route'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers,
  });
  const decisions = new Counter({
    name: 'assay_decisions_total',
    help: 'File requests answered, by outcome of the decision in force.',
    labelNames: ['outcome'],
    registers,
  });
  const alarms = new Counter({
    name: 'assay_alarms_total',
    help: 'Alarms raised, by kind.',
    labelNames: ['kind'],
    registers,
  });
  gauge(registry, 'assay_releases_held', 'Releases whose decision in force is hold.', gauges.held);
  gauge(registry, 'assay_alarms_open', 'Alarms on record.', gauges.alarms);
  return {
    request: (route, status, elapsed) => {
      requests.inc({ route, status: String(status) });
      seconds.observe({ route }, elapsed);
    },
    decision: (outcome) => decisions.inc({ outcome }),
    alarm: (kind) => alarms.inc({ kind }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function gauge(registry: Registry, name: string, help: string, read: () => Promise<number>): void {
  const made = new Gauge({
    name,
    help,
    registers: [registry],
    collect: async () => {
      made.set(await read());
    },
  });
}
