/**
 * Under which licence is it: as declared (package.json) and as its own texts say (found by the scanner). That the two
 * disagree is a finding. May it be used: judged by the operator's lists; without lists nothing is refused.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Collector, CollectorInput } from '../../core/collector.ts';
import { sha256 } from '../../core/digest.ts';
import type { JsonObject } from '../../core/json.ts';
import { createLicenceJudge, type LicencePolicy } from '../../licences/policy.ts';
import { readPackageJson } from '../package-json.ts';
import { recordOf, type Finding } from '../record.ts';
import { withoutScan } from '../without-scan.ts';
import { declaredIn } from './declared.ts';
import { judge } from './judge.ts';

/** Its version holds the lists' digest: when they change, evidence is collected anew. */
export function createLicencesCollector(policy: LicencePolicy): Collector {
  const lists = createLicenceJudge(policy);
  const { allow, review, deny } = policy;
  const digest = sha256(canonicalJson({ allow, review, deny } satisfies JsonObject));
  const collector: Collector = {
    kind: 'licences',
    version: lists.isSet ? `1.${digest.slice(0, 12)}` : '1',
    scope: 'release',
    usesScan: true,
    collect: (input) => recordOf(collector, input, examine(input)),
  };

  function examine({ archive, scan }: CollectorInput): Finding {
    if (scan.state !== 'scanned') return withoutScan(scan, 'Its licence texts were not read');
    const packageJson = readPackageJson(archive);
    if (packageJson.state !== 'read') {
      return { result: 'not-checked', summary: `What it declares could not be read: ${packageJson.why}` };
    }
    return judge(declaredIn(packageJson.content), scan.report.licences, lists);
  }

  return collector;
}
