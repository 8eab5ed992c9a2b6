/** Starts a command in a sandbox and waits: for a test that kills this process meanwhile. */
import { openTestSandbox, testLimits } from './sandbox.ts';

const [, , ...command] = process.argv;
const box = await openTestSandbox();
await box.run(['/bin/sh', '-c', 'echo up; exec "$@"', 'sh', ...command], {
  limits: { ...testLimits, wallMs: 120_000 },
  onOutput: (line) => process.stdout.write(`${line}\n`),
});
