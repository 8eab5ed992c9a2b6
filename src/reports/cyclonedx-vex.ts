/** Statements about vulnerabilities as CycloneDX tells them: within a bill of materials, or as a document of their own. */
import type { JsonObject } from '../core/json.ts';
import { parsePurl } from '../core/purl.ts';
import type { CyclonedxAnalysis, VexJustification, VexStatement, VexStatus } from '../core/vex.ts';
import { inForce, type CyclonedxVersion } from './bom.ts';
import { compact, plainText } from './document.ts';

const states: Readonly<Record<VexStatus, CyclonedxAnalysis['state']>> = {
  not_affected: 'not_affected',
  affected: 'exploitable',
  fixed: 'resolved',
  under_investigation: 'in_triage',
};

/** The nearest words. OpenVEX's own goes along as a property, since these lose some of it. */
const justifications: Readonly<Record<VexJustification, string>> = {
  component_not_present: 'code_not_present',
  vulnerable_code_not_present: 'code_not_present',
  vulnerable_code_not_in_execute_path: 'code_not_reachable',
  vulnerable_code_cannot_be_controlled_by_adversary: 'requires_environment',
  inline_mitigations_already_exist: 'protected_by_mitigating_control',
};

/** `impactAnalysisJustification` of CycloneDX 1.6. */
const justificationWords: ReadonlySet<string> = new Set([
  'code_not_present',
  'code_not_reachable',
  'requires_configuration',
  'requires_dependency',
  'requires_environment',
  'protected_by_compiler',
  'protected_at_runtime',
  'protected_at_perimeter',
  'protected_by_mitigating_control',
]);
const responseWords: ReadonlySet<string> = new Set([
  'can_not_fix',
  'will_not_fix',
  'update',
  'rollback',
  'workaround_available',
]);

/** `refsOf`: what in the document a product is; a statement about nothing in it is left out, as is one not in force. */
export function cyclonedxVulnerabilities(
  statements: readonly VexStatement[],
  at: string,
  refsOf: (product: string) => readonly string[],
): readonly JsonObject[] {
  return inForce(statements, at).flatMap((statement) => {
    const refs = refsOf(statement.product);
    return refs.length === 0 ? [] : [vulnerabilityOf(statement, refs)];
  });
}

export interface VexDocumentInput {
  readonly statements: readonly VexStatement[];
  /** UUID, lower case. */
  readonly serial: string;
  /** RFC 3339 UTC. */
  readonly timestamp: string;
  readonly tool: { readonly name: string; readonly version: string };
}

/** A document of statements alone; their products are its components. */
export function cyclonedxVex(input: VexDocumentInput, specVersion: CyclonedxVersion): JsonObject {
  const { statements, serial, timestamp, tool } = input;
  const products = [...new Set(inForce(statements, timestamp).map(({ product }) => product))].sort();
  return {
    $schema: `http://cyclonedx.org/schema/bom-${specVersion}.schema.json`,
    bomFormat: 'CycloneDX',
    specVersion,
    serialNumber: `urn:uuid:${serial}`,
    version: 1,
    metadata: { timestamp, tools: { components: [{ type: 'application', ...tool }] } },
    components: products.map((purl) => {
      const { name, version } = parsePurl(purl);
      return compact({ type: 'library', 'bom-ref': purl, name, version, purl });
    }),
    vulnerabilities: cyclonedxVulnerabilities(statements, timestamp, (product) => [product]),
  };
}

function vulnerabilityOf(statement: VexStatement, refs: readonly string[]): JsonObject {
  const [id, ...aliases] = statement.vulnerabilities;
  return compact({
    id: plainText(id, 200),
    references:
      aliases.length === 0
        ? undefined
        : aliases.map((alias) => ({ id: plainText(alias, 200), source: { name: databaseName(alias) } })),
    analysis: analysisOf(statement),
    affects: [...new Set(refs)].map((ref) => ({ ref })),
    properties: [
      { name: 'assay:vex:author', value: plainText(statement.author, 300) },
      ...(statement.justification === undefined
        ? []
        : [{ name: 'assay:vex:justification', value: statement.justification }]),
      ...(statement.until === undefined ? [] : [{ name: 'assay:vex:until', value: statement.until }]),
    ],
  });
}

function databaseName(id: string): string {
  return plainText(id.split('-', 1)[0] ?? id, 50);
}

function analysisOf({ status, justification, statement, from, cyclonedx }: VexStatement): JsonObject {
  const word = cyclonedx?.justification ?? (justification && justifications[justification]);
  const responses = (cyclonedx?.responses ?? []).filter((response) => responseWords.has(response));
  return compact({
    state: cyclonedx?.state ?? states[status],
    justification: word !== undefined && justificationWords.has(word) ? word : undefined,
    response: responses.length === 0 ? undefined : responses,
    detail: statement === '' ? undefined : plainText(statement, 4000),
    firstIssued: from,
  });
}
