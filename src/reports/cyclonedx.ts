/** CycloneDX 1.6 and 1.7 (ECMA-424) as JSON: the same document, since nothing of it differs between the two. */
import type { DigestAlgorithm } from '../core/digest.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { sortedComponents, type Bom, type BomComponent, type CyclonedxVersion } from './bom.ts';
import { cyclonedxVulnerabilities } from './cyclonedx-vex.ts';
import { currencyFields, currencyLine } from './currency-words.ts';
import type { Currency } from '../core/currency.ts';
import { compact, plainText } from './document.ts';
import { licenceField } from './licence-field.ts';

const algorithms: Readonly<Record<DigestAlgorithm, string>> = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
};

const subjectRef = 'subject';

export function cyclonedxBom(bom: Bom, specVersion: CyclonedxVersion): JsonObject {
  const components = withRefs(sortedComponents(bom.components));
  const vulnerabilities = cyclonedxVulnerabilities(bom.vex, bom.timestamp, (product) =>
    components
      .filter(({ component: { purl } }) => purl === product || purl.startsWith(`${product}@`))
      .map(({ ref }) => ref),
  );
  return compact({
    $schema: `http://cyclonedx.org/schema/bom-${specVersion}.schema.json`,
    bomFormat: 'CycloneDX',
    specVersion,
    serialNumber: `urn:uuid:${bom.serial}`,
    version: 1,
    metadata: {
      timestamp: bom.timestamp,
      tools: { components: [{ type: 'application', name: bom.tool.name, version: bom.tool.version }] },
      component: subjectOf(bom),
      properties: [
        { name: 'assay:currency', value: currencyLine(bom.components.map(({ currency }) => currency)) },
      ],
    },
    components: components.map(({ component, ref }) => componentOf(component, ref)),
    dependencies: [{ ref: subjectRef, dependsOn: components.map(({ ref }) => ref) }],
    vulnerabilities: vulnerabilities.length === 0 ? undefined : vulnerabilities,
  });
}

interface Referred {
  readonly component: BomComponent;
  readonly ref: string;
}

/** A name locked with two digests is two components: each needs a name of its own within the document. */
function withRefs(components: readonly BomComponent[]): readonly Referred[] {
  const seen = new Map<string, number>();
  return components.map((component) => {
    const count = (seen.get(component.purl) ?? 0) + 1;
    seen.set(component.purl, count);
    return { component, ref: count === 1 ? component.purl : `${component.purl}#${count}` };
  });
}

function subjectOf({ subject }: Bom): JsonObject {
  return compact({
    type: 'application',
    'bom-ref': subjectRef,
    ...names(subject.name),
    version: subject.version === undefined ? undefined : plainText(subject.version, 200),
    purl: subject.purl,
  });
}

function names(full: string): { readonly group?: string; readonly name: string } {
  const slash = full.startsWith('@') ? full.indexOf('/') : -1;
  const name = plainText(full.slice(slash + 1), 250);
  return slash < 0 ? { name } : { group: plainText(full.slice(0, slash), 250), name };
}

function componentOf(component: BomComponent, ref: string): JsonObject {
  const { version, hashes, licence, purl } = component;
  return compact({
    type: 'library',
    'bom-ref': ref,
    ...names(component.name),
    version: plainText(version, 300),
    hashes:
      hashes.length === 0
        ? undefined
        : hashes.map(({ algorithm, hex }) => ({ alg: algorithms[algorithm], content: hex })),
    licenses: licencesOf(licence),
    purl,
    evidence: licenceEvidence(component),
    properties: properties(component),
  });
}

/** What was found in its own texts; where declaration and texts agree, that alone. One expression excludes all else. */
function licenceEvidence({ concludedLicence, detectedLicences }: BomComponent): JsonObject | undefined {
  const field = licenceField(concludedLicence);
  if (field.kind === 'expression')
    return { licenses: [{ expression: field.expression, acknowledgement: 'concluded' }] };
  const ids = field.kind === 'id' ? [field.id] : detectedLicences;
  return ids.length === 0
    ? undefined
    : { licenses: ids.map((id) => ({ license: licenceById(id, 'concluded') })) };
}

function licencesOf(declared: string | undefined): Json | undefined {
  const field = licenceField(declared);
  switch (field.kind) {
    case 'none':
      return undefined;
    case 'id':
      return [{ license: licenceById(field.id, 'declared') }];
    case 'expression':
      return [{ expression: field.expression, acknowledgement: 'declared' }];
    case 'text':
      return [{ license: { name: field.text, acknowledgement: 'declared' } }];
  }
}

function licenceById(id: string, acknowledgement: 'declared' | 'concluded'): JsonObject {
  return licenceField(id).kind === 'id' ? { id, acknowledgement } : { name: plainText(id), acknowledgement };
}

function properties(component: BomComponent): readonly JsonObject[] {
  const { class: kind, decision, rules, caseId, currency, concludedLicence, unlistedStatements } = component;
  return [
    { name: 'assay:class', value: kind },
    { name: 'assay:decision', value: decision },
    ...(rules.length === 0 ? [] : [{ name: 'assay:rules', value: rules.join(' ') }]),
    ...(caseId === undefined ? [] : [{ name: 'assay:case', value: caseId }]),
    { name: 'assay:licence:concluded', value: plainText(concludedLicence ?? 'not-known') },
    ...currencyProperties(currency),
    ...(unlistedStatements === 0
      ? []
      : [{ name: 'assay:vex:not-listed', value: String(unlistedStatements) }]),
  ];
}

function currencyProperties(currency: Currency | undefined): readonly JsonObject[] {
  return currencyFields(currency).map(([name, value]) => ({
    name: `assay:${name}`,
    value: plainText(value),
  }));
}
