/** Vector strings of every version of CVSS: `metric:value`, joined by `/`. */

/** Metric → the values it may have. */
export type MetricValues = Readonly<Record<string, readonly string[]>>;
export type Metrics = ReadonlyMap<string, string>;

/** Real ones of CVSS v4.0 with every metric have about 200 characters. */
const longestVector = 400;

/**
 * Undefined unless every metric is known, has one of its values and comes once, and none of `mandatory` lacks. Their
 * order is free: v3.1 (section 6) allows any, and vectors in the wild do not keep v4.0's.
 */
export function readMetrics(
  vector: string,
  known: MetricValues,
  mandatory: readonly string[],
): Metrics | undefined {
  if (vector.length > longestVector) return undefined;
  const metrics = new Map<string, string>();
  for (const part of vector.split('/')) {
    const [metric = '', value = '', ...rest] = part.split(':');
    const isKnown = Object.hasOwn(known, metric) && known[metric]?.includes(value) === true;
    if (!isKnown || rest.length > 0 || metrics.has(metric)) return undefined;
    metrics.set(metric, value);
  }
  return mandatory.every((metric) => metrics.has(metric)) ? metrics : undefined;
}

/** `AV: 'N A L P'` → lists. */
export function metricValues(short: Readonly<Record<string, string>>): MetricValues {
  return Object.fromEntries(Object.entries(short).map(([metric, values]) => [metric, values.split(' ')]));
}

export function numberFor(
  metrics: Metrics,
  metric: string,
  weights: Readonly<Record<string, number>>,
): number {
  return weights[metrics.get(metric) ?? ''] ?? 0;
}
