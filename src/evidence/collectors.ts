/** Every collector there is. After an upgrade that adds a kind, it is collected from stored blobs before the next decision. */
import type { Collector } from '../core/collector.ts';
import { ageCollector } from './age/collect.ts';
import { archiveCollector } from './archive/collect.ts';
import { deprecationCollector } from './deprecation/collect.ts';
import { integrityCollector } from './integrity/collect.ts';
import { manifestCollector } from './manifest/collect.ts';
import { originCollector } from './origin/collect.ts';
import { recordOf } from './record.ts';
import { scriptsCollector } from './scripts/collect.ts';

export const collectors: readonly Collector[] = [
  integrityCollector,
  archiveCollector,
  manifestCollector,
  ageCollector,
  deprecationCollector,
  scriptsCollector,
  originCollector,
  notYet('signatures'),
  notYet('provenance'),
  notYet('expectations'),
];

/** Stands until the collector of the kind is there. */
function notYet(kind: string): Collector {
  const collector: Collector = {
    kind,
    version: '0',
    scope: 'release',
    collect: (input) =>
      recordOf(collector, input, { result: 'not-checked', summary: 'This is not checked yet.' }),
  };
  return collector;
}
