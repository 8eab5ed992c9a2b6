/**
 * CVSS v4.0: the score of the metrics given (section 8). The vector's MacroVector has a score from a table; from it goes the
 * mean, over the equivalence classes that have a lower MacroVector, of how far the vector lies on the way there.
 */
import { macroVectorScores } from './macro-vectors.ts';
import { metricValues, readMetrics } from './metrics.ts';

const base = {
  AV: 'N A L P',
  AC: 'L H',
  AT: 'N P',
  PR: 'N L H',
  UI: 'N P A',
  VC: 'H L N',
  VI: 'H L N',
  VA: 'H L N',
  SC: 'H L N',
  SI: 'H L N',
  SA: 'H L N',
};
const known = metricValues({
  ...base,
  E: 'X A P U',
  CR: 'X H M L',
  IR: 'X H M L',
  AR: 'X H M L',
  ...Object.fromEntries(Object.entries(base).map(([metric, values]) => [`M${metric}`, `X ${values}`])),
  MSI: 'X S H L N',
  MSA: 'X S H L N',
  S: 'X N P',
  AU: 'X N Y',
  R: 'X A U I',
  V: 'X D C',
  RE: 'X L M H',
  U: 'X Clear Green Amber Red',
});
const mandatory = Object.keys(base);

/** Worst first: the place of a value is its level (section 8.2 and the tables of section 8.3). */
const levels: Readonly<Record<string, string>> = {
  AV: 'NALP',
  PR: 'NLH',
  UI: 'NPA',
  AC: 'LH',
  AT: 'NP',
  VC: 'HLN',
  VI: 'HLN',
  VA: 'HLN',
  SC: 'SHLN',
  SI: 'SHLN',
  SA: 'SHLN',
  CR: 'HML',
  IR: 'HML',
  AR: 'HML',
};

/** The metrics of one equivalence class, and for each of its levels the highest vectors and the depth (tables 24 to 29). */
interface ClassOf {
  readonly metrics: readonly string[];
  readonly highest: Readonly<Record<string, readonly string[]>>;
  readonly depth: Readonly<Record<string, number>>;
}

const eq1: ClassOf = {
  metrics: ['AV', 'PR', 'UI'],
  highest: { 0: ['NNN'], 1: ['ANN', 'NLN', 'NNP'], 2: ['PNN', 'ALP'] },
  depth: { 0: 1, 1: 4, 2: 5 },
};
const eq2: ClassOf = {
  metrics: ['AC', 'AT'],
  highest: { 0: ['LN'], 1: ['HN', 'LP'] },
  depth: { 0: 1, 1: 2 },
};
/** EQ3 and EQ6 together, as they depend on each other. */
const eq36: ClassOf = {
  metrics: ['VC', 'VI', 'VA', 'CR', 'IR', 'AR'],
  highest: {
    '00': ['HHHHHH'],
    '01': ['HHLMMH', 'HHHMMM'],
    10: ['LHHHHH', 'HLHHHH'],
    11: ['LHLHMH', 'LHHHMM', 'HLHMHM', 'HLLMHH', 'LLHHHM'],
    21: ['LLLHHH'],
  },
  depth: { '00': 7, '01': 6, 10: 8, 11: 8, 21: 10 },
};
const eq4: ClassOf = {
  metrics: ['SC', 'SI', 'SA'],
  highest: { 0: ['HSS'], 1: ['HHH'], 2: ['LLL'] },
  depth: { 0: 6, 1: 5, 2: 4 },
};

interface Macro {
  readonly eq1: number;
  readonly eq2: number;
  readonly eq3: number;
  readonly eq4: number;
  readonly eq5: number;
  readonly eq6: number;
}

type Effective = (metric: string) => string;

/** `vector` without its prefix. Undefined when it is none. */
export function scoreV4(vector: string): number | undefined {
  const metrics = readMetrics(vector, known, mandatory);
  if (metrics === undefined) return undefined;
  const given = (metric: string): string | undefined => {
    const value = metrics.get(metric);
    return value === 'X' ? undefined : value;
  };
  const worst: Readonly<Record<string, string>> = { E: 'A', CR: 'H', IR: 'H', AR: 'H' };
  const effective: Effective = (metric) => given(`M${metric}`) ?? given(metric) ?? worst[metric] ?? '';
  if (['VC', 'VI', 'VA', 'SC', 'SI', 'SA'].every((metric) => effective(metric) === 'N')) return 0;
  return scoreOf(macroOf(effective), effective);
}

function macroOf(at: Effective): Macro {
  const isAny = (metrics: readonly string[], value: string): boolean =>
    metrics.some((metric) => at(metric) === value);
  const isOpen = ['AV', 'PR', 'UI'].every((metric) => at(metric) === 'N');
  const isHalfOpen = isAny(['AV', 'PR', 'UI'], 'N') && at('AV') !== 'P';
  const isWhole = at('VC') === 'H' && at('VI') === 'H';
  const needed = [
    ['VC', 'CR'],
    ['VI', 'IR'],
    ['VA', 'AR'],
  ] as const;
  return {
    eq1: isOpen ? 0 : isHalfOpen ? 1 : 2,
    eq2: at('AC') === 'L' && at('AT') === 'N' ? 0 : 1,
    eq3: isWhole ? 0 : isAny(['VC', 'VI', 'VA'], 'H') ? 1 : 2,
    eq4: isAny(['SI', 'SA'], 'S') ? 0 : isAny(['SC', 'SI', 'SA'], 'H') ? 1 : 2,
    eq5: 'APU'.indexOf(at('E')),
    eq6: needed.some(([impact, need]) => at(impact) === 'H' && at(need) === 'H') ? 0 : 1,
  };
}

function tableScore(macro: Macro): number | undefined {
  const row = macroVectorScores[`${macro.eq1}${macro.eq2}${macro.eq3}${macro.eq6}`];
  return macro.eq4 > 2 || macro.eq5 > 2 ? undefined : row?.[macro.eq4 * 3 + macro.eq5];
}

function scoreOf(macro: Macro, at: Effective): number {
  const top = tableScore(macro) ?? 0;
  const share = (of: ClassOf, level: string): number => distance(of, level, at) / (of.depth[level] ?? 1);
  const ways: readonly (readonly [lower: number | undefined, share: number])[] = [
    [tableScore({ ...macro, eq1: macro.eq1 + 1 }), share(eq1, `${macro.eq1}`)],
    [tableScore({ ...macro, eq2: macro.eq2 + 1 }), share(eq2, `${macro.eq2}`)],
    [lowerOfEq36(macro), share(eq36, `${macro.eq3}${macro.eq6}`)],
    [tableScore({ ...macro, eq4: macro.eq4 + 1 }), share(eq4, `${macro.eq4}`)],
    // One metric alone, so that each of its values is the highest of its class.
    [tableScore({ ...macro, eq5: macro.eq5 + 1 }), 0],
  ];
  const steps = ways.flatMap(([lower, share]) => (lower === undefined ? [] : (top - lower) * share));
  const mean = steps.length === 0 ? 0 : steps.reduce((sum, step) => sum + step, 0) / steps.length;
  // What floating point leaves over must not turn a half downwards.
  return Math.round((Math.min(10, Math.max(0, top - mean)) + 1e-6) * 10) / 10;
}

function lowerOfEq36(macro: Macro): number | undefined {
  const eq3 = tableScore({ ...macro, eq3: macro.eq3 + 1 });
  const eq6 = tableScore({ ...macro, eq6: macro.eq6 + 1 });
  if (macro.eq3 === 0 && macro.eq6 === 0) return Math.max(eq3 ?? 0, eq6 ?? 0);
  return macro.eq6 === 0 ? eq6 : eq3;
}

/** Steps down from the first of the class's highest vectors that lies nowhere below this one. */
function distance(of: ClassOf, level: string, at: Effective): number {
  const levelOf = (metric: string, value: string): number => levels[metric]?.indexOf(value) ?? 0;
  for (const highest of of.highest[level] ?? []) {
    const steps = of.metrics.map(
      (metric, place) => levelOf(metric, at(metric)) - levelOf(metric, highest[place] ?? ''),
    );
    if (steps.every((step) => step >= 0)) return steps.reduce((sum, step) => sum + step, 0);
  }
  return 0;
}
