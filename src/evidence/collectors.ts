/** Every collector there is. After an upgrade that adds a kind, it is collected from stored blobs before the next decision. */
import type { Collector } from '../core/collector.ts';
import type { LicencePolicy } from '../licences/policy.ts';
import { ageCollector } from './age/collect.ts';
import { archiveCollector } from './archive/collect.ts';
import { behaviourCollector } from './behaviour/collect.ts';
import { capabilitiesCollector } from './capabilities/collect.ts';
import { commitsCollector } from './commits/collect.ts';
import { deprecationCollector } from './deprecation/collect.ts';
import { expectationsCollector } from './expectations/collect.ts';
import { integrityCollector } from './integrity/collect.ts';
import { createLicencesCollector } from './licences/collect.ts';
import { malwareCollector } from './malware/collect.ts';
import { manifestCollector } from './manifest/collect.ts';
import { originCollector } from './origin/collect.ts';
import { createProvenanceCollector } from './provenance/collect.ts';
import type { VerifyBundleElsewhere } from './provenance/judge-bundle.ts';
import { rebuildCollector } from './rebuild/collect.ts';
import { scriptsCollector } from './scripts/collect.ts';
import { secretsCollector } from './secrets/collect.ts';
import { signaturesCollector } from './signatures/collect.ts';
import { createVulnerabilitiesCollector } from './vulnerabilities/collect.ts';
import type { FeedLimits } from './vulnerabilities/feed-age.ts';

export interface CollectorDeps {
  /** Rejects when the check itself failed. */
  readonly verifyBundle: VerifyBundleElsewhere;
  readonly feedLimits: FeedLimits;
  readonly licences: LicencePolicy;
}

export function createCollectors({
  verifyBundle,
  feedLimits,
  licences,
}: CollectorDeps): readonly Collector[] {
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
    createVulnerabilitiesCollector(feedLimits),
    malwareCollector,
    capabilitiesCollector,
    createLicencesCollector(licences),
    secretsCollector,
    rebuildCollector,
    commitsCollector,
    behaviourCollector,
  ];
}
