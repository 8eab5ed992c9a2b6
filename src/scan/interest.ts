/** Where words are no help, because they are written in pieces or as escapes, the tree is read: it puts them together. */
import type { Signal } from './signals.ts';
import type { SignalHit } from './text-signals.ts';

/** Larger files with such marks are bundles of other things. */
const hiddenBytes = 200_000;
const middleBytes = 100_000;
const smallBytes = 50_000;

/** One of them is enough: hardly any honest file has it. */
const telling = new Set<Signal>([
  'hidden-access',
  'remote-import',
  'odd-module',
  'code-alias',
  'module-made',
]);
/** In small files: what could be a program in a program. */
const doubtful = new Set<Signal>([
  'dynamic-code',
  'split-text',
  'decrypt',
  'process',
  'module-alias',
  'network-alias',
]);
/** What a wipe deletes, or how that is not said. */
const places = new Set<Signal>(['home', 'environment', 'whole-place', 'decode', 'dynamic-import']);

export function looksHidden(hits: readonly SignalHit[], bytes: number): boolean {
  if (bytes > hiddenBytes) return false;
  const counts = new Map<Signal, number>();
  for (const { signal } of hits) counts.set(signal, (counts.get(signal) ?? 0) + 1);
  const count = (signal: Signal): number => counts.get(signal) ?? 0;
  if (count('mangled-name') >= 3 || count('split-text') >= 3 || count('escaped-text') >= 8) return true;
  if (bytes <= middleBytes && [...telling].some((signal) => counts.has(signal))) return true;
  if (bytes > smallBytes) return false;
  if (counts.has('file-delete') && [...places].some((signal) => counts.has(signal))) return true;
  return [...doubtful].some((signal) => counts.has(signal));
}
