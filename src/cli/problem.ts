/** How an error is told, and which exit code it means. */
import { forTerminal } from '../core/encode.ts';
import { AssayError, messageOf, redactSecrets } from '../core/errors.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { exitCodes, type ExitCode } from './context.ts';
import type { Terminal } from './terminal.ts';

const unreachable: readonly ErrorCode[] = [
  'GATE_NOT_RUNNING',
  'GATE_UNREACHABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNREACHABLE',
];
const usage: readonly ErrorCode[] = [
  'CONFIG_INVALID',
  'CONFIG_UNREADABLE',
  'CONTROL_SOCKET_PATH_TOO_LONG',
  'EXPECTATION_NO_UPSTREAM',
  'EXPECTATION_UNKNOWN',
  'FEED_OVERRIDE_UNKNOWN',
  'LEDGER_ROTATION_REFUSED',
  'PURL_INVALID',
  'TOKEN_NAME_TAKEN',
  'TOKEN_UNKNOWN',
  'TOKEN_UPSTREAM_UNKNOWN',
  'UPSTREAM_IS_ASSAY',
  'UPSTREAM_NOT_CONFIGURED',
  'USAGE_INVALID',
  'VEX_SIGNER_UNKNOWN',
  'VEX_UNKNOWN',
];

/** Whatever is neither the caller's mistake nor an absent gate means: it could not be verified. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof AssayError)) return exitCodes.unverified;
  if (unreachable.includes(error.code)) return exitCodes.unreachable;
  return usage.includes(error.code) ? exitCodes.usage : exitCodes.unverified;
}

/** `brief`: a single line, for what a person meets every day (port held, data directory locked). */
export function tellError(terminal: Terminal, error: unknown): void {
  if (!(error instanceof AssayError)) {
    terminal.note(`assay: ${forTerminal(redactSecrets(messageOf(error)), 2000)}`);
    return;
  }
  if (error.code === 'PORT_IN_USE' || error.code === 'DATA_DIRECTORY_LOCKED') {
    terminal.note(
      `assay: ${forTerminal(error.message, 1000)}. ${forTerminal(error.hint, 1000)} [${error.code}]`,
    );
    return;
  }
  const [first = '', ...more] = error.message.split('\n');
  terminal.note(`assay: ${forTerminal(first, 2000)}`);
  for (const line of more) terminal.note(`       ${forTerminal(line, 2000)}`);
  terminal.note(`  code   ${error.code}`);
  terminal.note(`  to do: ${forTerminal(error.hint, 2000)}`);
}
