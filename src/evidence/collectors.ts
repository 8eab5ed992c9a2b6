/** Every collector there is. After an upgrade that adds a kind, it is collected from stored blobs before the next decision. */
import type { Collector } from '../core/collector.ts';
import { ageCollector } from './age/collect.ts';
import { archiveCollector } from './archive/collect.ts';
import { deprecationCollector } from './deprecation/collect.ts';
import { expectationsCollector } from './expectations/collect.ts';
import { integrityCollector } from './integrity/collect.ts';
import { manifestCollector } from './manifest/collect.ts';
import { originCollector } from './origin/collect.ts';
import { createProvenanceCollector } from './provenance/collect.ts';
import type { VerifyBundleElsewhere } from './provenance/judge-bundle.ts';
import { scriptsCollector } from './scripts/collect.ts';
import { signaturesCollector } from './signatures/collect.ts';

export interface CollectorDeps {
  /** Rejects when the check itself failed. */
  readonly verifyBundle: VerifyBundleElsewhere;
}

export function createCollectors({ verifyBundle }: CollectorDeps): readonly Collector[] {
  return [
    integrityCollector,
    archiveCollector,
    manifestCollector,
    ageCollector,
    deprecationCollector,
    scriptsCollector,
    originCollector,
    signaturesCollector,
    createProvenanceCollector({ verify: verifyBundle }),
    expectationsCollector,
  ];
}
