/** How old the feeds are, as lines of a person's terminal. */
import { forTerminal } from '../../core/encode.ts';
import type { FeedsAnswer } from '../../server/control/feed-protocol.ts';
import type { Terminal } from '../terminal.ts';

export function feedLines(terminal: Terminal, feeds: FeedsAnswer['feeds']): readonly string[] {
  if (feeds.length === 0)
    return [
      terminal.paint(
        'warn',
        'feed      none was imported: nothing is known of vulnerabilities (assay feed import)',
      ),
    ];
  return feeds.map(({ ecosystem, records, newestAt, ageDays, old, problem }) => {
    if (problem !== undefined)
      return terminal.paint('bad', `feed      ${ecosystem}: LOST, ${forTerminal(problem, 300)}`);
    const age = ageDays === undefined ? 'of unknown age' : `${ageDays} days old`;
    return terminal.paint(
      old ? 'warn' : 'good',
      `feed      ${ecosystem}: ${records} records, the newest ${age} (${forTerminal(newestAt)})`,
    );
  });
}
