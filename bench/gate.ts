/**
 * The gate under load, as a process of its own, against an upstream on loopback. Prints tables for docs/benchmarks.md.
 *
 *     bin/node bench/gate.ts [warm|cold|install ...]        all three when none is named
 *
 * `install` records some 850 real packages from the machine's own registry into `.cache/bench/` at its first run.
 * Nothing here is asserted: figures depend on the machine.
 */
import { warm } from './support/warm.ts';
import { cold } from './support/cold.ts';
import { install } from './support/install.ts';
import { machineFacts } from './support/machine-facts.ts';

const parts = { warm, cold, install };
const chosen = process.argv.slice(2);

console.log(`${machineFacts()}\n`);
for (const [name, run] of Object.entries(parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`## ${name}\n`);
  await run();
}
