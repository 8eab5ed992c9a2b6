/**
 * Where do these bytes come from, and who says so? Every bundle that upstream offers must verify and be about this very
 * release; then the certificate's identity is what is known, and the predicate may not contradict it. Four states that
 * are never mixed up: `verified`, `invalid`, `advertised-missing`, `absent`; and `not-checked`, when we cannot tell.
 * See docs/verification.md.
 */
import type { Collector, CollectorInput } from '../../core/collector.ts';
import type { EvidenceItem, FactValue, Result } from '../../core/evidence.ts';
import { recordOf, type Finding } from '../record.ts';
import { readAttestations, type Offer } from './document.ts';
import { identityFacts, noIdentityFacts } from './fields.ts';
import { judgeBundle, type BundleReading, type VerifyBundleElsewhere } from './judge-bundle.ts';
import { judgeTrustRoots } from './trust-root.ts';

type State = 'verified' | 'invalid' | 'advertised-missing' | 'absent' | 'not-checked';

/** `verify` rejects when the check itself failed: then there is no finding about the bundles, and the evidence is `error`. */
export function createProvenanceCollector(deps: { readonly verify: VerifyBundleElsewhere }): Collector {
  const collector: Collector = {
    kind: 'provenance',
    version: '1',
    scope: 'release',
    usesTrust: true,
    collect: async (input) => ({
      ...recordOf(collector, input, await examine(input, deps.verify)),
      material: input.trust.digest,
    }),
  };
  return collector;
}

async function examine(input: CollectorInput, verify: VerifyBundleElsewhere): Promise<Finding> {
  const answer = input.attestations;
  switch (answer.state) {
    case 'not-advertised':
      return finding('absent', 'not-available', 'The registry offers no attestation for this version.', []);
    case 'missing':
      return missing(
        'missing',
        'Attestations are advertised, or were before, and the registry has none (404).',
      );
    case 'failed':
      return missing(
        'not-fetched',
        `Attestations are advertised, but could not be fetched: ${answer.message}`,
      );
    case 'answered': {
      const found = await examineDocument(input, answer.document, verify);
      return { ...found, facts: { ...found.facts, document: answer.digest } };
    }
    default:
      return answer satisfies never;
  }
}

/** May be otherwise soon (a registry that is slow or down): it is asked again for the next decision. */
function missing(what: string, message: string): Finding {
  const item = { id: `provenance/${what}`, message };
  return finding('advertised-missing', 'warn', message, [item], { passing: true });
}

const nothing: Readonly<Record<string, FactValue>> = {
  ...noIdentityFacts,
  crypto: 'not-available',
  identity: 'not-available',
  signedTime: null,
  publishTime: null,
  predicateType: null,
  bundleVersion: null,
  document: null,
  root: null,
  'rule.trust-root': 'not-available',
};

function finding(
  state: State,
  result: Result,
  summary: string,
  items: readonly EvidenceItem[],
  facts: Readonly<Record<string, FactValue>> = {},
): Finding {
  return { result, summary, items, facts: { ...nothing, state, ...facts } };
}

async function examineDocument(
  input: CollectorInput,
  document: Parameters<typeof readAttestations>[0],
  verify: VerifyBundleElsewhere,
): Promise<Finding> {
  const read = readAttestations(document);
  if (read.state === 'empty')
    return missing('empty-list', "The registry's list of attestations is empty: nothing was checked.");
  if (read.state === 'malformed')
    return finding('invalid', 'fail', read.why, [{ id: read.id, message: read.why }], { crypto: 'fail' });
  if (input.trust.sigstore.length === 0) {
    const message = 'There are attestations, but no trust root to check them with.';
    return notChecked([{ id: 'provenance/no-trust-root', message }]);
  }
  return conclude(input, await judgeAll(input, read.offers, verify));
}

async function judgeAll(
  input: CollectorInput,
  offers: readonly Offer[],
  verify: VerifyBundleElsewhere,
): Promise<readonly BundleReading[]> {
  const identityHost = input.origin.identityHost.toLowerCase();
  const known = input.trust.registryKeys.get(identityHost) ?? [];
  const keys = known.flatMap((key) => {
    const usages = key.usages.filter(({ usage }) => usage === 'attestations');
    return usages.length === 0 ? [] : [{ ...key, usages }];
  });
  const { index, version, artifact } = input;
  const release = { name: index.name, version: version.version, artifact, identityHost };
  const context = { input, release, keys, knowsRegistry: known.length > 0, verify };
  const readings: BundleReading[] = [];
  // One after the other: of sixteen that hang, the first is enough.
  for (const offer of offers) readings.push(await judgeBundle(offer, context));
  return readings;
}

type Provenance = Extract<BundleReading, { kind: 'provenance' }>;

function conclude(input: CollectorInput, readings: readonly BundleReading[]): Finding {
  const refused = readings.filter((one) => one.kind === 'refused');
  const unknown = readings.flatMap((one) => (one.kind === 'unknown' ? [unknownItem(one.predicateType)] : []));
  const faulty = refused.filter(({ what }) => what !== 'unable');
  const itemsOf = (some: typeof refused): readonly EvidenceItem[] =>
    some.flatMap(({ faults }) => faults.map(({ id, why }) => ({ id, message: why })));
  if (faulty.length > 0) {
    const isCrypto = faulty.some(({ what }) => what === 'crypto');
    return invalid([...itemsOf(faulty), ...unknown], isCrypto ? 'crypto' : 'identity');
  }
  if (refused.length > 0) return notChecked([...itemsOf(refused), ...unknown]);
  const provenance = readings.filter((one) => one.kind === 'provenance');
  const [first] = provenance;
  if (first !== undefined && provenance.some((one) => !isSameOrigin(one, first))) {
    const message = 'Two provenance attestations verify and name different builds.';
    return invalid([{ id: 'provenance/ambiguous', message }, ...unknown], 'identity');
  }
  return found(input, readings, first, unknown);
}

function found(
  { trust, now }: CollectorInput,
  readings: readonly BundleReading[],
  first: Provenance | undefined,
  unknown: readonly EvidenceItem[],
): Finding {
  const counted = readings.filter((one) => one.kind === 'provenance' || one.kind === 'publish');
  const roots = new Set(counted.map(({ verified }) => verified.root));
  const trustRoot = judgeTrustRoots(trust.sigstore, roots, now);
  const publishTimes = readings.flatMap((one) => (one.kind === 'publish' ? [one.time] : []));
  const common = { publishTime: earliest(publishTimes), 'rule.trust-root': trustRoot.result };
  const items = [...unknown, ...trustRoot.items];
  if (first === undefined) {
    const what = publishTimes.length > 0 ? 'only that it took this version in' : 'nothing we understand';
    return finding(
      'absent',
      'not-available',
      `There is no provenance: the registry attests ${what}.`,
      items,
      common,
    );
  }
  const facts = {
    ...identityFacts(first.identity),
    ...common,
    crypto: 'pass',
    identity: 'pass',
    signedTime: first.time,
    predicateType: first.predicateType,
    bundleVersion: first.verified.bundleVersion,
    root: first.verified.root,
  };
  const { sourceRepositoryUri, sourceRepositoryRef } = first.identity;
  const summary = `Built from ${sourceRepositoryUri ?? ''} at ${sourceRepositoryRef ?? 'an unnamed ref'}, signed ${first.time}.`;
  return finding('verified', 'pass', summary, [...items, ...notBackedItem(first)], facts);
}

function isSameOrigin(one: Provenance, other: Provenance): boolean {
  const key = ({ identity }: Provenance): string => JSON.stringify(identityFacts(identity));
  return key(one) === key(other);
}

function invalid(items: readonly EvidenceItem[], what: 'crypto' | 'identity'): Finding {
  const facts = what === 'crypto' ? { crypto: 'fail' } : { crypto: 'pass', identity: 'fail' };
  const summary = `The attestations do not hold: ${items[0]?.message ?? ''}`;
  return finding('invalid', 'fail', summary, items, facts);
}

function notChecked(items: readonly EvidenceItem[]): Finding {
  const facts = { crypto: 'not-checked', identity: 'not-checked' };
  const summary = `The attestations were not checked: ${items[0]?.message ?? ''}`;
  return finding('not-checked', 'not-checked', summary, items, facts);
}

function unknownItem(predicateType: string): EvidenceItem {
  return {
    id: 'provenance/unknown-predicate',
    message: 'An attestation of a kind that is not understood was offered; it counts for nothing.',
    data: { predicateType },
  };
}

function notBackedItem({ notBacked }: Provenance): readonly EvidenceItem[] {
  if (notBacked.length === 0) return [];
  const message = `The certificate does not say what the provenance does of: ${notBacked.join(', ')}.`;
  return [{ id: 'provenance/not-backed', message }];
}

function earliest(times: readonly string[]): string | null {
  return times.toSorted()[0] ?? null;
}
