/** What processes did, in order: the form in which rules read it. Paths are absolute and as the package sees them. */
import type { Address } from './strace/addresses.ts';

export interface Process {
  /** In the order in which they were seen, from 1. */
  readonly id: number;
  readonly parent: Process | undefined;
  /** Its number inside; undefined where nobody told. */
  readonly inside: number | undefined;
  /** The lifecycle event that it belongs to; `unknown` where its beginning was not seen. Undefined: not the package's. */
  script: string | undefined;
  /** Program that it runs, and its arguments: hostile, clipped. */
  program: string;
  argv: readonly string[];
  /** It was told to load something first, by NODE_OPTIONS or LD_PRELOAD. */
  loads: boolean;
  cwd: string;
}

export type Act =
  | {
      readonly kind: 'exec';
      readonly path: string;
      readonly argv: readonly string[];
      /** What an interpreter is to run. */
      readonly file: string | undefined;
    }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'write' | 'make' | 'delete'; readonly path: string }
  | { readonly kind: 'link' | 'copy'; readonly from: string; readonly to: string }
  /** `exchange`: both change their places. */
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly exchange: boolean }
  | { readonly kind: 'mode'; readonly path: string; readonly mode: number }
  | { readonly kind: 'connect'; readonly address: Address }
  | { readonly kind: 'ask'; readonly name: string }
  | { readonly kind: 'token'; readonly tokens: readonly string[]; readonly where: string }
  /** Memory of another process, or control over it. */
  | { readonly kind: 'memory'; readonly how: string }
  /** A process was to begin that nobody sees. */
  | { readonly kind: 'escape' }
  | { readonly kind: 'identity'; readonly how: string }
  | { readonly kind: 'sleep'; readonly seconds: number };

export interface BehaviourEvent {
  /** Place in the order, from 1. */
  readonly at: number;
  /** Seconds since the first script was started. */
  readonly seconds: number;
  readonly process: Process;
  readonly act: Act;
  /** `ENOENT` and its kin, where it was tried in vain; undefined: it was done, or nobody knows. */
  readonly error: string | undefined;
}

const longestText = 300;

export function clip(text: string, most = longestText): string {
  const plain = text.slice(0, most + 1).toWellFormed();
  return plain.length > most ? `${plain.slice(0, most - 1).toWellFormed()}…` : plain;
}

/** A command line for people, at most 200 characters. */
export function commandLine(argv: readonly string[]): string {
  return clip(argv.slice(0, 50).join(' ').replace(/\s+/g, ' '), 200);
}

/** One line of JSON. */
export function eventLine({ at, seconds, process, act, error }: BehaviourEvent): string {
  const shown = Object.entries(act).map(([key, value]): readonly [string, unknown] => [
    key,
    shownValue(value),
  ]);
  return JSON.stringify({
    at,
    seconds: Math.round(seconds * 1000) / 1000,
    script: process.script,
    process: process.id,
    parent: process.parent?.id ?? null,
    ...Object.fromEntries(shown),
    ...(error === undefined ? {} : { error }),
  });
}

function shownValue(value: unknown): unknown {
  if (typeof value === 'string') return clip(value);
  if (Array.isArray(value)) return value.slice(0, 30).map((item) => clip(String(item)));
  return value;
}
