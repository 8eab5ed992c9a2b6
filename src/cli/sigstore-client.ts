/** `bin/assay-sigstore-client`: our verification behind the protocol of the public conformance suite. Exit status 0 or 1. */
import { forTerminal } from '../core/encode.ts';
import { messageOf } from '../core/errors.ts';
import { runSigstoreClient, sigstoreClientUsage } from '../server/sigstore-client.ts';

async function main(args: readonly string[]): Promise<string | undefined> {
  try {
    const verdict = await runSigstoreClient(args, () => new Date());
    return verdict.ok ? undefined : `${verdict.failure}: ${verdict.why}`;
  } catch (error) {
    return `${messageOf(error)}\nassay-sigstore-client ${sigstoreClientUsage}`;
  }
}

const refused = await main(process.argv.slice(2));
if (refused !== undefined) {
  for (const line of refused.split('\n')) process.stderr.write(`${forTerminal(line, 2000)}\n`);
  process.exitCode = 1;
}
