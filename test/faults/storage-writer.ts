/**
 * A process that writes blobs and decisions as fast as it can and says which were acknowledged, until it is killed.
 * One line each on stdout, written with a synchronous call so that nothing said is lost: `blob <sha256>`,
 * `decision <release id> <decision id> <event id>`.
 *
 *     node storage-writer.ts <data directory> <round>
 */
import { writeSync } from 'node:fs';
import { openStorage } from '../../src/storage/open.ts';
import { recordOf } from '../support/storage-records.ts';

const [directory = '', round = ''] = process.argv.slice(2);
const storage = await openStorage({ directory });

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function writeBlobs(lane: number): Promise<never> {
  for (let n = 0; ; n += 1) {
    const writer = await storage.blobs.create();
    for (let part = 0; part < 4; part += 1)
      await writer.write(Buffer.alloc(3000, `${round} ${lane} ${n} ${part}`));
    say(`blob ${(await writer.commit()).sha256}`);
  }
}

async function writeDecisions(lane: number): Promise<never> {
  for (let n = 0; ; n += 1) {
    // Every third one replaces the decision before it.
    const version = `${round}.${lane}.${n - (n % 3)}`;
    const record = recordOf({
      version,
      outcome: n % 3 === 2 ? 'allow' : 'hold',
      rules: n % 3 === 2 ? [] : [`npm/r${n % 3}`],
    });
    await storage.admission.recordDecision(record);
    say(`decision ${record.release.id} ${record.decision.id} ${record.event?.eventId}`);
  }
}

say('ready');
await Promise.all([writeBlobs(0), writeBlobs(1), ...[0, 1, 2, 3].map(writeDecisions)]);
