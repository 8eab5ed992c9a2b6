/**
 * A process that records decisions and sequences them as fast as it can, until it is killed. Says on stdout, with
 * synchronous calls: `event <id>` for each acknowledged event, `size <n>` for each published checkpoint.
 *
 *     node ledger-writer.ts <directory> <round> <origin>
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isAssayError } from '../../src/core/errors.ts';
import { runLog } from '../../src/ledger/log/run.ts';
import { createLog, type Log } from '../../src/ledger/log/sequencer.ts';
import { launchSigner } from '../../src/server/signer/launch.ts';
import { openStorage } from '../../src/storage/open.ts';
import { recordOf } from '../support/storage-records.ts';

const [root = '', round = '', origin = ''] = process.argv.slice(2);
const dataDirectory = join(root, 'data');
const storage = await openStorage({ directory: dataDirectory });
const signer = await launchSigner({
  directory: join(root, 'signer'),
  dataDirectory,
  nodePath: process.execPath,
});
const { heads, tiles, onEvent } = storage.ledger;
await heads.inaugurate(origin);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function started(): Promise<Log> {
  const log = createLog({ heads, tiles, signer, clock: () => new Date() });
  try {
    await log.start();
    return log;
  } catch (error) {
    if (!isAssayError(error, 'LEDGER_SIGNER_LOCKED')) throw error;
    await wait(20);
    return started();
  }
}

const log = await started();
const sequence = async (): Promise<number> => {
  const count = await log.sequence();
  say(`size ${log.state().size}`);
  return count;
};
runLog({ ...log, sequence }, { intervalMs: 1, wake: onEvent });

async function writeDecisions(lane: number): Promise<never> {
  for (let n = 0; ; n += 1) {
    const record = recordOf({ name: `lane-${lane}`, version: `${round}.0.${n}` });
    await storage.admission.recordDecision(record);
    say(`event ${record.event?.eventId}`);
  }
}

await Promise.all([0, 1, 2, 3, 4, 5].map(writeDecisions));
