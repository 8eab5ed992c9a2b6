/** CVSS v3.0 and v3.1: the base score, by section 7.1 of either. Temporal and environmental metrics are read and ignored. */
import { metricValues, numberFor, readMetrics } from './metrics.ts';

const base = {
  AV: 'N A L P',
  AC: 'L H',
  PR: 'N L H',
  UI: 'N R',
  S: 'U C',
  C: 'N L H',
  I: 'N L H',
  A: 'N L H',
};
const known = metricValues({
  ...base,
  E: 'X U P F H',
  RL: 'X O T W U',
  RC: 'X U R C',
  CR: 'X L M H',
  IR: 'X L M H',
  AR: 'X L M H',
  ...Object.fromEntries(Object.entries(base).map(([metric, values]) => [`M${metric}`, `X ${values}`])),
});
const mandatory = Object.keys(base);
const impacts = { N: 0, L: 0.22, H: 0.56 };

/** `vector` without its prefix. Undefined when it is none. */
export function scoreV3(vector: string, minor: 0 | 1): number | undefined {
  const metrics = readMetrics(vector, known, mandatory);
  if (metrics === undefined) return undefined;
  const isChanged = metrics.get('S') === 'C';
  const rest = ['C', 'I', 'A'].reduce((left, name) => left * (1 - numberFor(metrics, name, impacts)), 1);
  const lost = 1 - rest;
  const impact = isChanged ? 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 : 6.42 * lost;
  if (impact <= 0) return 0;
  const exploitability =
    8.22 *
    numberFor(metrics, 'AV', { N: 0.85, A: 0.62, L: 0.55, P: 0.2 }) *
    numberFor(metrics, 'AC', { L: 0.77, H: 0.44 }) *
    numberFor(metrics, 'PR', isChanged ? { N: 0.85, L: 0.68, H: 0.5 } : { N: 0.85, L: 0.62, H: 0.27 }) *
    numberFor(metrics, 'UI', { N: 0.85, R: 0.62 });
  const score = (isChanged ? 1.08 : 1) * (impact + exploitability);
  return minor === 0 ? Math.ceil(Math.min(score, 10) * 10) / 10 : roundUp(Math.min(score, 10));
}

/** v3.1, appendix A: the same on every machine, whatever its floating point leaves over. */
function roundUp(value: number): number {
  const scaled = Math.round(value * 100_000);
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10;
}
