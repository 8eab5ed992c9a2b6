/** Starts a command in a sandbox in the folder that is named first, and waits: for tests that kill this process meanwhile. */
import { openTestSandbox, testLimits } from './sandbox.ts';

const [, , directory = '', ...command] = process.argv;
const box = await openTestSandbox({ directory });
await box.run(['/bin/sh', '-c', 'echo up; exec "$@"', 'sh', ...command], {
  limits: { ...testLimits, wallMs: 120_000 },
  onOutput: (line) => process.stdout.write(`${line}\n`),
});
