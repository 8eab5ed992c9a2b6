/** Builds evidence records whose size is bounded, whatever a package holds. */
import type { Collector, CollectorInput } from '../core/collector.ts';
import type { Evidence, EvidenceItem, FactValue, Result } from '../core/evidence.ts';
import type { Json, JsonObject } from '../core/json.ts';

const valueLength = 200;
const itemLimit = 50;

export interface Finding {
  readonly result: Result;
  readonly summary: string;
  readonly facts?: Readonly<Record<string, FactValue>>;
  readonly items?: readonly EvidenceItem[];
}

/**
 * A well-formed string of at most `max` UTF-16 units. Lone surrogates (a JSON escape can hold one) are
 * replaced, since RFC 8785 has no form for them.
 */
export function clip(text: string, max = valueLength): string {
  const plain = text.length <= max ? text : `${text.slice(0, max - 3)}...`;
  return plain.toWellFormed();
}

export function recordOf(
  collector: Collector,
  input: Pick<CollectorInput, 'now'>,
  finding: Finding,
): Evidence {
  return {
    kind: collector.kind,
    scope: collector.scope,
    result: finding.result,
    summary: clip(finding.summary, 500),
    facts: mapValues(finding.facts ?? {}, (fact) =>
      typeof fact === 'string' ? clip(fact, 2000) : finite(fact),
    ),
    items: boundItems(collector.kind, finding.items ?? []),
    tool: { name: `assay/${collector.kind}`, version: collector.version },
    collectedAt: input.now,
  };
}

/** At most 50 items; the last one then counts those left out, so that none is dropped in silence. */
export function boundItems(kind: string, items: readonly EvidenceItem[]): readonly EvidenceItem[] {
  const kept = items.length <= itemLimit ? items : items.slice(0, itemLimit - 1);
  const bounded = kept.map(boundItem);
  const rest = items.length - kept.length;
  if (rest === 0) return bounded;
  return [...bounded, { id: `${kind}/more`, message: `${rest} more are not listed.`, data: { count: rest } }];
}

function boundItem(item: EvidenceItem): EvidenceItem {
  const plain = { id: clip(item.id), message: clip(item.message, 500) };
  return item.data === undefined ? plain : { ...plain, data: boundData(item.data, 0) as JsonObject };
}

function boundData(value: Json, depth: number): Json {
  if (typeof value === 'string') return clip(value);
  if (typeof value === 'number') return finite(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= 4) return '...';
  if (Array.isArray(value))
    return value.slice(0, itemLimit).map((entry: Json) => boundData(entry, depth + 1));
  const entries = Object.entries(value).slice(0, itemLimit);
  return Object.fromEntries(entries.map(([key, entry]) => [clip(key), boundData(entry, depth + 1)]));
}

function finite<T>(value: T): T | null {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  change: (value: A) => B,
): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
