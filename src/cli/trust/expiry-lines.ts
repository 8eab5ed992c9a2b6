/** When trust runs out, as lines of a person's terminal. */
import { forTerminal } from '../../core/encode.ts';
import type { TrustAnswer } from '../../server/control/trust-protocol.ts';
import type { Terminal } from '../terminal.ts';

const tones = { ahead: 'good', soon: 'warn', over: 'bad' } as const;
const words = { ahead: 'until', soon: 'ENDS', over: 'ENDED' } as const;

export function expiryLines(terminal: Terminal, expiries: TrustAnswer['expiries']): readonly string[] {
  if (expiries.length === 0) return ['trust     nothing in use has an end'];
  return expiries.map(({ about, what, at, state }) =>
    terminal.paint(
      tones[state],
      `trust     ${forTerminal(about, 100)}: ${forTerminal(what, 200)} ${words[state]} ${forTerminal(at)}`,
    ),
  );
}
