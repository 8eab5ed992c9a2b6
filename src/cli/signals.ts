/** Ending a command that runs until it is told to stop. */
import type { Terminal } from './terminal.ts';

/** Resolves at the first signal; the second ends the process as it is (everything acknowledged is on disk). */
export async function untilAskedToStop(terminal: Terminal): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) {
        terminal.note('Stopped at once.');
        process.exit(signal === 'SIGINT' ? 130 : 143);
      }
      asked = true;
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}
