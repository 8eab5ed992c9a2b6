/** VEX within CycloneDX (1.4 to 1.7): `vulnerabilities[].analysis`, about components of the same document. */
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import type { CyclonedxAnalysis, VexJustification, VexStatement, VexStatus } from '../../core/vex.ts';
import {
  collected,
  documentFrom,
  entriesOf,
  idsOf,
  invalid,
  productOf,
  shortText,
  timeOf,
  untilOf,
  type VexReading,
  type VexSigner,
} from './read.ts';

const statusOf: Readonly<Record<CyclonedxAnalysis['state'], VexStatus>> = {
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
  false_positive: 'not_affected',
  not_affected: 'not_affected',
};

const justificationOf: Readonly<Record<string, VexJustification>> = {
  code_not_present: 'vulnerable_code_not_present',
  code_not_reachable: 'vulnerable_code_not_in_execute_path',
  requires_configuration: 'vulnerable_code_not_in_execute_path',
  requires_dependency: 'vulnerable_code_not_in_execute_path',
  requires_environment: 'vulnerable_code_not_in_execute_path',
  protected_by_compiler: 'inline_mitigations_already_exist',
  protected_at_runtime: 'inline_mitigations_already_exist',
  protected_at_perimeter: 'inline_mitigations_already_exist',
  protected_by_mitigating_control: 'inline_mitigations_already_exist',
};

/** Throws VEX_INVALID. A vulnerability without an analysis that says something is passed over, and counted. */
export function readCyclonedxVex(text: string, signer: VexSigner): VexReading {
  const document = documentFrom(text);
  if (ownString(document, 'bomFormat') !== 'CycloneDX') throw invalid('it is no CycloneDX document');
  const purls = componentPurls(document);
  const time = timeOf(ownObject(document, 'metadata'), 'timestamp');
  return collected(
    entriesOf(document, 'vulnerabilities').map((one) => statementsFrom(one, purls, time, signer)),
  );
}

/** By `bom-ref`, of the first level. A reference that two components share names neither. */
function componentPurls(document: JsonObject): ReadonlyMap<string, Purl> {
  const found = new Map<string, Purl>();
  const doubled = new Set<string>();
  for (const component of entriesOf(document, 'components')) {
    if (!isJsonObject(component)) continue;
    const ref = ownString(component, 'bom-ref');
    const purl = productOf(ownString(component, 'purl'));
    if (ref === undefined || purl === undefined) continue;
    if (found.has(ref)) doubled.add(ref);
    found.set(ref, purl);
  }
  for (const ref of doubled) found.delete(ref);
  return found;
}

function statementsFrom(
  value: Json,
  purls: ReadonlyMap<string, Purl>,
  documentTime: string | undefined,
  signer: VexSigner,
): readonly VexStatement[] {
  if (!isJsonObject(value)) return [];
  const analysis = ownObject(value, 'analysis');
  const cyclonedx = analysis === undefined ? undefined : analysisFrom(analysis);
  const [first, ...others] = vulnerabilityIds(value);
  const from = timeOf(analysis, 'lastUpdated', 'firstIssued') ?? timeOf(value, 'updated') ?? documentTime;
  if (analysis === undefined || cyclonedx === undefined || first === undefined || from === undefined)
    return [];
  const detail = shortText(ownString(analysis, 'detail'));
  const status = statusOf[cyclonedx.state];
  const justification = justificationFor(cyclonedx);
  if (status === 'not_affected' && justification === undefined && detail.trim() === '') return [];
  return entriesOf(value, 'affects')
    .flatMap((one) => productsFrom(one, purls))
    .map((product) => ({
      author: signer.name,
      product,
      vulnerabilities: [first, ...others],
      status,
      justification,
      statement: detail,
      from,
      until: untilOf(from, signer),
      cyclonedx,
    }));
}

function analysisFrom(analysis: JsonObject): CyclonedxAnalysis | undefined {
  const states = Object.keys(statusOf) as readonly CyclonedxAnalysis['state'][];
  const state = states.find((one) => one === own(analysis, 'state'));
  if (state === undefined) return undefined;
  const responses = entriesOf(analysis, 'response').flatMap((one) =>
    typeof one === 'string' && /^[a-z_]{1,40}$/.test(one) ? [one] : [],
  );
  const justification = ownString(analysis, 'justification');
  const isKnown = justification !== undefined && Object.hasOwn(justificationOf, justification);
  return { state, justification: isKnown ? justification : undefined, responses: responses.slice(0, 10) };
}

function justificationFor({ state, justification }: CyclonedxAnalysis): VexJustification | undefined {
  if (state === 'false_positive') return 'component_not_present';
  return state === 'not_affected' && justification !== undefined ? justificationOf[justification] : undefined;
}

function vulnerabilityIds(value: JsonObject): readonly string[] {
  const references = entriesOf(value, 'references').map((one) =>
    isJsonObject(one) ? ownString(one, 'id') : undefined,
  );
  return idsOf([ownString(value, 'id'), ...references]);
}

/** With `versions`, those named one by one alone: a range of versions is not read, and then nothing follows from it. */
function productsFrom(value: Json, purls: ReadonlyMap<string, Purl>): readonly Purl[] {
  if (!isJsonObject(value)) return [];
  const ref = ownString(value, 'ref') ?? '';
  const product = purls.get(ref) ?? productOf(ref);
  if (product === undefined) return [];
  const versions = entriesOf(value, 'versions');
  if (versions.length === 0) return [product];
  const { ecosystem, name } = parsePurl(product);
  return versions.flatMap((one) => {
    const version = isJsonObject(one) ? ownString(one, 'version') : undefined;
    const purl = version === undefined ? undefined : productOf(formatPurl(ecosystem, name, version));
    return purl === undefined ? [] : [purl];
  });
}
