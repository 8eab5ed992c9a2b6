/**
 * A process that records publications and expectations as fast as it can and says which were acknowledged, until it is
 * killed: one line `<package> <version> <line> <revision> <event id>` each, written with a synchronous call.
 *
 *     node expectation-writer.ts <data directory>
 */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { recordExpectations } from '../../src/admission/expect.ts';
import type { SignerIdentity } from '../../src/core/identity.ts';
import { formatPurl } from '../../src/core/purl.ts';
import { gateItself, type UpstreamId } from '../../src/core/subject.ts';
import { openStorage } from '../../src/storage/open.ts';

const [directory = ''] = process.argv.slice(2);
const upstream = 'npm' as UpstreamId;
const { history: records } = await openStorage({ directory });
const rooms = { clock: () => new Date(), randomBytes, records };

async function learn(name: string): Promise<never> {
  const before = await records.expectations(upstream, name);
  for (let n = (before[0]?.revision ?? 0) + 1; ; n += 1) {
    const at = new Date().toISOString();
    const version = `1.0.${n}`;
    const publication = {
      version,
      identity: { ownerId: '7' } as SignerIdentity,
      signedTime: at,
      workflow: undefined,
      predicateType: 'x',
    };
    await records.recordPublications([
      { upstream, name, publication, owner: '7', document: undefined, recordedAt: at },
    ]);
    const purl = formatPurl('npm', name);
    const recorded = await recordExpectations(rooms, { upstream, name, purl }, (inForce) =>
      ['*', '1'].map((line) => ({
        upstream,
        name,
        line,
        revision: (inForce.find((one) => one.line === line)?.revision ?? 0) + 1,
        origin: 'learned',
        standing: 'provisional',
        identity: undefined,
        rank: 'provenance',
        tagTemplate: undefined,
        installScripts: [],
        publishers: [],
        intervalMs: undefined,
        learnedFrom: [version],
        reason: undefined,
        principal: gateItself,
        at,
      })),
    );
    for (const { expectation, event } of recorded)
      writeSync(1, `${name} ${version} ${expectation.line} ${expectation.revision} ${event.eventId}\n`);
  }
}

writeSync(1, 'ready\n');
await Promise.all(['one', 'two', 'three'].map(learn));
