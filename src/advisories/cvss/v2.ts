/** CVSS v2: the base score, by the equations of the v2 guide, section 3.2.1. Temporal and environmental metrics are read and ignored. */
import { metricValues, numberFor, readMetrics } from './metrics.ts';

const known = metricValues({
  AV: 'L A N',
  AC: 'H M L',
  Au: 'M S N',
  C: 'N P C',
  I: 'N P C',
  A: 'N P C',
  E: 'U POC F H ND',
  RL: 'OF TF W U ND',
  RC: 'UC UR C ND',
  CDP: 'N L LM MH H ND',
  TD: 'N L M H ND',
  CR: 'L M H ND',
  IR: 'L M H ND',
  AR: 'L M H ND',
});
const mandatory = ['AV', 'AC', 'Au', 'C', 'I', 'A'];
const impacts = { N: 0, P: 0.275, C: 0.66 };

/** `vector` as in `AV:N/AC:L/Au:N/C:P/I:P/A:P`, with or without brackets. Undefined when it is none. */
export function scoreV2(vector: string): number | undefined {
  const metrics = readMetrics(vector.replace(/^\((.*)\)$/, '$1'), known, mandatory);
  if (metrics === undefined) return undefined;
  const rest = ['C', 'I', 'A'].reduce((left, name) => left * (1 - numberFor(metrics, name, impacts)), 1);
  const impact = 10.41 * (1 - rest);
  const exploitability =
    20 *
    numberFor(metrics, 'AV', { L: 0.395, A: 0.646, N: 1 }) *
    numberFor(metrics, 'AC', { H: 0.35, M: 0.61, L: 0.71 }) *
    numberFor(metrics, 'Au', { M: 0.45, S: 0.56, N: 0.704 });
  const factor = impact === 0 ? 0 : 1.176;
  const score = (0.6 * impact + 0.4 * exploitability - 1.5) * factor;
  return Math.max(0, Math.round(score * 10) / 10);
}
