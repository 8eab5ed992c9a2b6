/** SPDX 2.3 as JSON (its annexes and JSON schema `spdx-schema.json`). */
import type { DigestAlgorithm } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { Purl } from '../core/purl.ts';
import { inForce, sortedComponents, type Bom, type BomComponent } from './bom.ts';
import { currencyFields, currencyLine } from './currency-words.ts';
import { compact, plainText } from './document.ts';
import { licenceField } from './licence-field.ts';

const algorithms: Readonly<Record<DigestAlgorithm, string>> = {
  md5: 'MD5',
  sha1: 'SHA1',
  sha256: 'SHA256',
  sha384: 'SHA384',
  sha512: 'SHA512',
};

const documentId = 'SPDXRef-DOCUMENT';
const subjectId = 'SPDXRef-Subject';

export function spdxDocument(bom: Bom): JsonObject {
  const components = sortedComponents(bom.components);
  const texts = licenceTexts(components);
  const packages = components.map((component, at) => ({ component, id: `SPDXRef-Package-${at + 1}` }));
  return compact({
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: documentId,
    name: plainText(bom.subject.name, 250),
    documentNamespace: `urn:uuid:${bom.serial}`,
    creationInfo: {
      // SPDX 2.3 section 6.9 has seconds and no fractions.
      created: bom.timestamp.replace(/\.\d+Z$/, 'Z'),
      creators: [`Tool: ${creator(bom)}`],
      comment: currencyLine(bom.components.map(({ currency }) => currency)),
    },
    documentDescribes: [subjectId],
    packages: [
      subjectPackage(bom),
      ...packages.map(({ component, id }) => packageOf(component, id, bom, texts)),
    ],
    relationships: [
      relationship(documentId, 'DESCRIBES', subjectId),
      ...packages.map(({ id }) => relationship(subjectId, 'DEPENDS_ON', id)),
    ],
    hasExtractedLicensingInfos:
      texts.size === 0
        ? undefined
        : [...texts].map(([text, licenseId]) => ({ licenseId, name: text, extractedText: text })),
  });
}

function creator({ tool }: Bom): string {
  return `${tool.name}-${tool.version}`;
}

function relationship(from: string, type: string, to: string): JsonObject {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}

/** What is declared and no expression of the list, each under a reference of the document's own. */
function licenceTexts(components: readonly BomComponent[]): ReadonlyMap<string, string> {
  const texts = components.flatMap(({ licence }) => {
    const field = licenceField(licence);
    return field.kind === 'text' ? [field.text] : [];
  });
  return new Map([...new Set(texts)].sort().map((text, at) => [text, `LicenseRef-declared-${at + 1}`]));
}

function subjectPackage({ subject }: Bom): JsonObject {
  return compact({
    SPDXID: subjectId,
    name: plainText(subject.name, 250),
    versionInfo: subject.version === undefined ? undefined : plainText(subject.version, 200),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    primaryPackagePurpose: 'APPLICATION',
    externalRefs: subject.purl === undefined ? undefined : [purlReference(subject.purl)],
  });
}

function packageOf(
  component: BomComponent,
  id: string,
  bom: Bom,
  texts: ReadonlyMap<string, string>,
): JsonObject {
  const { hashes, detectedLicences } = component;
  return compact({
    SPDXID: id,
    name: plainText(component.name, 250),
    versionInfo: plainText(component.version, 300),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    primaryPackagePurpose: 'LIBRARY',
    checksums:
      hashes.length === 0
        ? undefined
        : hashes.map(({ algorithm, hex }) => ({ algorithm: algorithms[algorithm], checksumValue: hex })),
    licenseConcluded: concluded(component),
    licenseDeclared: declared(component, texts),
    licenseComments:
      detectedLicences.length === 0 ? undefined : `licence texts found: ${detectedLicences.join(', ')}`,
    externalRefs: [purlReference(component.purl)],
    annotations: annotations(component, bom),
  });
}

/** Only what is an expression of the list: what is not is told with the texts. */
function concluded({ concludedLicence }: BomComponent): string {
  const field = licenceField(concludedLicence);
  if (field.kind === 'id') return field.id;
  return field.kind === 'expression' ? field.expression : 'NOASSERTION';
}

function declared({ licence }: BomComponent, texts: ReadonlyMap<string, string>): string {
  const field = licenceField(licence);
  switch (field.kind) {
    case 'none':
      return 'NOASSERTION';
    case 'id':
      return field.id;
    case 'expression':
      return field.expression;
    case 'text':
      return texts.get(field.text) ?? 'NOASSERTION';
  }
}

function purlReference(purl: Purl): JsonObject {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl };
}

function annotations(component: BomComponent, bom: Bom): readonly JsonObject[] {
  const { class: kind, decision, rules, caseId, purl, currency, unlistedStatements } = component;
  const statements = inForce(bom.vex, bom.timestamp).filter(
    ({ product }) => purl === product || purl.startsWith(`${product}@`),
  );
  const comments = [
    [
      `assay:class=${kind}`,
      `assay:decision=${decision}`,
      ...(rules.length === 0 ? [] : [`assay:rules=${rules.join(',')}`]),
      ...(caseId === undefined ? [] : [`assay:case=${caseId}`]),
    ].join(' '),
    ...currencyFields(currency).map(([name, value]) => `assay:${name}=${plainText(value)}`),
    ...(unlistedStatements === 0 ? [] : [`assay:vex:not-listed=${unlistedStatements}`]),
    ...statements.map(
      ({ vulnerabilities, status, justification, author, until }) =>
        `VEX: ${plainText(vulnerabilities[0], 200)} ${status}${justification === undefined ? '' : ` (${justification})`}, stated by ${plainText(author, 300)}${until === undefined ? '' : `, valid until ${until}`}`,
    ),
  ];
  return comments.map((comment) => ({
    annotationType: 'OTHER',
    annotator: `Tool: ${creator(bom)}`,
    annotationDate: bom.timestamp.replace(/\.\d+Z$/, 'Z'),
    comment,
  }));
}
