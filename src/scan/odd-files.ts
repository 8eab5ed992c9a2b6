/** Code in files whose names promise data: Node loads a file of any name, and of a name it does not know as a program. */
import { bufferOf } from './byte-facts.ts';
import type { FileKind } from './file-kind.ts';
import type { Signal } from './signals.ts';
import { parseCode } from './syntax/tree.ts';
import type { SignalHit } from './text-signals.ts';

const oddKinds = new Set<FileKind>(['text', 'document', 'config', 'source-map', 'binary']);
const longest = 1_000_000;
const acts = new Set<Signal>([
  'process',
  'network',
  'raw-socket',
  'dns',
  'dynamic-code',
  'dynamic-import',
  'hidden-access',
  'module-alias',
]);

/** Whether a file that is named as data reads as a program without a fault. */
export function isProgram(kind: FileKind, bytes: Uint8Array): boolean {
  if (!oddKinds.has(kind) || bytes.length > longest || bytes.length < 8) return false;
  const parsed = parseCode('odd.js', bufferOf(bytes).toString('utf8'));
  return parsed.state === 'parsed' && parsed.clean;
}

/** Worth keeping until it is known whether something loads it. */
export function couldAct(kind: FileKind, bytes: Uint8Array, hits: readonly SignalHit[]): boolean {
  if (!oddKinds.has(kind) || bytes.length > longest) return false;
  return hits.some(({ signal }) => acts.has(signal));
}

/** Files of tests, examples and documents that the words of a file name for loading. */
export function namedAside(bytes: Uint8Array, hits: readonly SignalHit[]): readonly string[] {
  const buffer = bufferOf(bytes);
  return hits.flatMap(({ signal, at }) => {
    if (signal !== 'aside-module') return [];
    const before = /["'`]([^"'`\n]{0,100})$/.exec(buffer.toString('latin1', Math.max(0, at - 101), at))?.[1];
    const after = /^[^"'`\n]{0,200}/.exec(buffer.toString('latin1', at, at + 200))?.[0];
    return before === undefined || after === undefined ? [] : [before + after];
  });
}
