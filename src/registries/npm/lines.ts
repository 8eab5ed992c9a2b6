/** Text of several lines for a terminal: each line through the terminal's encoder, their number bounded. */
import { forTerminal } from '../../core/encode.ts';

export function forTerminalLines(text: string, mostLines = 20, longestLine = 300): string {
  const lines = text.split('\n', mostLines + 1).map((line) => forTerminal(line, longestLine));
  return lines.length <= mostLines ? lines.join('\n') : [...lines.slice(0, mostLines), '...'].join('\n');
}
