/**
 * A comparison as it crosses from the child: normalisers and differences one by one, then the rest. The parent trusts
 * nothing of it: the form of every value is checked on arrival, and the verdict is told anew from rungs and grades.
 */
import type { ArchiveLimits } from '../../core/archive-reading.ts';
import type { BuildFacts } from '../../core/comparison-input.ts';
import { isSha256, type Sha256 } from '../../core/digest.ts';
import { isJsonObject, own, type Json, type JsonObject } from '../../core/json.ts';
import { comparisonVerdicts, type Comparison } from '../../core/rebuild.ts';
import { verdictOf } from '../../rebuild/compare/verdict.ts';
import { z } from '../zod.ts';

export interface ComparedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Debian: the package that this one was made of, by taking its compression off in the sandbox. */
  readonly inflatedFrom?: Sha256;
}

export interface ComparisonJob {
  readonly ecosystem: 'npm' | 'debian';
  readonly upstream: ComparedFile;
  readonly rebuilt: ComparedFile;
  readonly facts: BuildFacts;
  readonly limits: ArchiveLimits;
}

const pathsOfOnePart = 200;

/** Returns what the last message holds. */
export function sendComparison(comparison: Comparison, sendPart: (part: Json) => void): JsonObject {
  const { differences, normalisers, ...rest } = comparison;
  for (const { name, version, paths, touched } of normalisers) {
    for (let at = 0; at < Math.max(1, paths.length); at += pathsOfOnePart) {
      sendPart({ normaliser: { name, version, paths: paths.slice(at, at + pathsOfOnePart), touched } });
    }
  }
  for (const difference of differences) sendPart({ difference: plain(difference) });
  return plain(rest) as JsonObject;
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

const text = (most: number): z.ZodType<string> => z.string().max(most);
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const digest = z.string().refine((value): value is Sha256 => isSha256(value));
const rung = z.object({ upstream: digest, rebuilt: digest }).optional();
const ruleName = z.string().regex(/^[\w/.-]{1,100}(?:, [\w.-]{1,100}){0,20}$/);

const normaliserForm = z.object({
  name: z.string().regex(/^[a-z0-9-]{1,60}$/),
  version: z.string().regex(/^[\w.-]{1,20}$/),
  paths: z.array(text(4096)).max(1000),
  touched: count,
});

const differenceForm = z.object({
  path: text(4096),
  kind: z.enum([
    'ambiguous',
    'only-upstream',
    'only-rebuilt',
    'content',
    'type',
    'exec-bit',
    'manifest-field',
  ]),
  grade: z.enum(['forgiven', 'benign', 'unexplained', 'suspicious']),
  rule: ruleName,
  reason: text(4000),
  reached: z.enum(['install', 'main', 'bin', 'never']).optional(),
  shown: text(40_000).optional(),
});

const restForm = z.object({
  schema: z.literal(1),
  verdict: z.enum(comparisonVerdicts),
  upstream: digest,
  rebuilt: digest,
  ladder: z.object({ d0: rung, d1: rung, d2: rung, d3: rung }),
  counts: z.object({ same: count, forgiven: count, benign: count, unexplained: count, suspicious: count }),
  differencesTotal: count,
});

const mostDifferences = 1000;
const mostNormalisers = 50;

export interface ComparisonReceiver {
  /** Throws when the part is not one a child may send. */
  readonly part: (part: Json) => void;
  readonly end: (end: Json) => Comparison;
}

export function receiveComparison(): ComparisonReceiver {
  const differences: Comparison['differences'][number][] = [];
  const normalisers = new Map<string, z.infer<typeof normaliserForm>>();
  return {
    part: (part) => {
      if (!isJsonObject(part)) throw malformed();
      const difference = own(part, 'difference');
      if (difference !== undefined) differences.push(differenceOf(difference));
      const normaliser = own(part, 'normaliser');
      if (normaliser !== undefined) addNormaliser(normalisers, normaliserForm.parse(normaliser));
      if (differences.length > mostDifferences || normalisers.size > mostNormalisers) throw malformed();
    },
    end: (end) => {
      const { ladder, ...rest } = restForm.parse(end);
      const { d0, d1, d2, d3 } = ladder;
      const comparison: Comparison = {
        ...rest,
        ladder: { d0, d1, d2, d3 },
        normalisers: [...normalisers.values()],
        differences,
      };
      if (!isConsistent(comparison)) throw malformed();
      return comparison;
    },
  };
}

function differenceOf(value: Json): Comparison['differences'][number] {
  const { reached, shown, ...rest } = differenceForm.parse(value);
  return { ...rest, reached, shown };
}

function addNormaliser(
  known: Map<string, z.infer<typeof normaliserForm>>,
  more: z.infer<typeof normaliserForm>,
): void {
  const before = known.get(more.name);
  const paths = [...(before?.paths ?? []), ...more.paths];
  if (paths.length > 1000) throw malformed();
  known.set(more.name, { ...more, paths });
}

/** Suspicious differences come first, so that the list tells the verdict even when it was cut. */
function isConsistent({
  verdict,
  ladder,
  differences,
  differencesTotal,
  upstream,
  rebuilt,
}: Comparison): boolean {
  return (
    ladder.d0?.upstream === upstream &&
    ladder.d0.rebuilt === rebuilt &&
    differencesTotal >= differences.length &&
    verdict === verdictOf(ladder, differences)
  );
}

function malformed(): Error {
  return new Error('not a comparison');
}
