/** What is gathered while a tree is read. */
import type { Signal } from '../signals.ts';
import type { Names } from './names.ts';
import type { Node } from './tree.ts';

/** Data of one kind reaches a sink. */
export type Flow =
  | 'environment-to-network'
  | 'environment-lent-to-network'
  | 'identity-to-network'
  | 'credentials-to-network'
  | 'decoded-to-code'
  | 'downloaded-to-code'
  | 'downloaded-to-file'
  | 'downloaded-to-process'
  | 'runs-download'
  | 'runs-pipe'
  | 'runs-wipe'
  | 'runs-publish'
  | 'runs-reverse'
  | 'runs-agent'
  | 'runs-drop'
  | 'hidden-module'
  | 'hidden-member'
  | 'split-module'
  | 'endless-noise'
  | 'hidden-string'
  | 'hidden-url'
  | 'runs-decoded'
  | 'downloaded-file-run'
  | 'data-to-code'
  | 'remote-module'
  | 'hidden-global'
  | 'invisible-text';

export interface SyntaxEvent {
  readonly what: Signal | Flow;
  /** Offset in UTF-16 units. */
  readonly at: number;
}

export interface State extends Names {
  readonly events: SyntaxEvent[];
  readonly functions: Map<string, Node>;
  readonly spans: { start: number; end: number }[];
  readonly reaches: Set<string>;
  /** What downloaded data was written to: texts, and keys of variables. */
  readonly downloads: Set<string>;
}

export type Add = (what: SyntaxEvent['what']) => void;

const maxReaches = 500;

export function reach(state: State, specifier: string): void {
  if (state.reaches.size < maxReaches) state.reaches.add(specifier.slice(0, 300));
}
