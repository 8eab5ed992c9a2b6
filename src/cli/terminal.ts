/** Where the command line writes, and what it may do there: colour and a moving line only on a terminal that wants them. */
import { createInterface } from 'node:readline/promises';
import { forTerminal } from '../core/encode.ts';
import type { Env } from '../server/config/surroundings.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'bold';

export interface Terminal {
  /** Data: one line on stdout. */
  readonly out: (line: string) => void;
  /** Everything else: one line on stderr. */
  readonly note: (line: string) => void;
  /** For stdout's lines; plain text where colour is not wanted. */
  readonly paint: (tone: Tone, text: string) => string;
  /** Shows one line that replaces itself on stderr; nothing off a terminal. Empty text removes it. */
  readonly progress: (line: string) => void;
  /** A person can answer. */
  readonly interactive: boolean;
  /** `false` unless a person types yes. */
  readonly confirm: (question: string) => Promise<boolean>;
}

const codes: Readonly<Record<Tone, number>> = { good: 32, bad: 31, warn: 33, dim: 2, bold: 1 };

export function openTerminal(env: Env): Terminal {
  const colour = process.stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  const moving = process.stderr.isTTY && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
  let shown = false;
  const progress = (line: string): void => {
    if (!moving || (line === '' && !shown)) return;
    const width = Math.max(20, (process.stderr.columns ?? 80) - 1);
    process.stderr.write(`\r\u001b[2K${forTerminal(line, width)}`);
    shown = line !== '';
  };
  return {
    out: (line) => {
      progress('');
      process.stdout.write(`${line}\n`);
    },
    note: (line) => {
      progress('');
      process.stderr.write(`${line}\n`);
    },
    paint: (tone, text) => (colour ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text),
    progress,
    interactive: process.stdin.isTTY && process.stderr.isTTY,
    confirm,
  };
}

async function confirm(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await new Promise<string>((resolve) => {
      prompt.once('close', () => resolve(''));
      void prompt.question(`${question} [y/N] `).then(resolve, () => resolve(''));
    });
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
