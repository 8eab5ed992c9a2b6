/**
 * JSON schemas of the documents we write. CycloneDX's come with its own library; for the others, whose publishers have
 * no package, only what we write is described here, and nothing else is let through.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

type Schema = Readonly<Record<string, unknown>>;

const library = fileURLToPath(import.meta.resolve('@cyclonedx/cyclonedx-library/package.json'));
const cyclonedxFolder = join(dirname(library), 'res/schema');

function newAjv(): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: false });
  formats.default(ajv);
  // Of these no implementation is installed; we write none of the fields that have them.
  for (const format of ['iri-reference', 'idn-email', 'iri']) ajv.addFormat(format, true);
  return ajv;
}

function readSchema(file: string): Schema {
  return JSON.parse(readFileSync(join(cyclonedxFolder, file), 'utf8')) as Schema;
}

function problemsBy(validate: ValidateFunction, document: unknown): readonly string[] {
  return validate(document) ? [] : (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
}

const compiled = new Map<string, ValidateFunction>();

function once(name: string, compile: () => ValidateFunction): ValidateFunction {
  const validate = compiled.get(name) ?? compile();
  compiled.set(name, validate);
  return validate;
}

/** By the published schema of that version; empty when it is valid. */
export function cyclonedxProblems(document: unknown, version: string): readonly string[] {
  const validate = once(`cyclonedx ${version}`, () => {
    const ajv = newAjv();
    for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs']) {
      const file = `${name}.SNAPSHOT.schema.json`;
      const { $id: _id, ...schema } = readSchema(file);
      ajv.addSchema(schema, `http://cyclonedx.org/schema/${file}`);
    }
    return ajv.compile(readSchema(`bom-${version}.SNAPSHOT.schema.json`));
  });
  return problemsBy(validate, document);
}

const text = { type: 'string', minLength: 1 };
const instant = { type: 'string', format: 'date-time' };

function object(properties: Schema, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((key) => !optional.includes(key));
  return { type: 'object', properties, required, additionalProperties: false };
}

function list(items: Schema, minItems = 1): Schema {
  return { type: 'array', items, minItems };
}

const spdxId = { type: 'string', pattern: '^SPDXRef-[A-Za-z0-9.-]+$' };
const spdxInstant = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' };

/** SPDX 2.3: sections 6 (creation), 7 (package), 10 (other licences), 11 (relationships), 12 (annotations). */
const spdx = object(
  {
    spdxVersion: { const: 'SPDX-2.3' },
    dataLicense: { const: 'CC0-1.0' },
    SPDXID: { const: 'SPDXRef-DOCUMENT' },
    name: text,
    documentNamespace: { type: 'string', format: 'uri', pattern: '^[^#]+$' },
    creationInfo: object({
      created: spdxInstant,
      creators: list({ type: 'string', pattern: '^Tool: .' }),
      comment: text,
    }),
    documentDescribes: list(spdxId),
    packages: list(
      object(
        {
          SPDXID: spdxId,
          name: text,
          versionInfo: text,
          downloadLocation: { const: 'NOASSERTION' },
          filesAnalyzed: { const: false },
          primaryPackagePurpose: { enum: ['APPLICATION', 'LIBRARY'] },
          checksums: list(
            object({
              algorithm: { enum: ['MD5', 'SHA1', 'SHA256', 'SHA384', 'SHA512'] },
              checksumValue: { type: 'string', pattern: '^[0-9a-f]+$' },
            }),
          ),
          licenseConcluded: text,
          licenseDeclared: text,
          licenseComments: text,
          externalRefs: list(
            object({
              referenceCategory: { const: 'PACKAGE-MANAGER' },
              referenceType: { const: 'purl' },
              referenceLocator: { type: 'string', pattern: '^pkg:\\S+$' },
            }),
          ),
          annotations: list(
            object({
              annotationType: { enum: ['OTHER', 'REVIEW'] },
              annotator: { type: 'string', pattern: '^Tool: .' },
              annotationDate: spdxInstant,
              comment: text,
            }),
          ),
        },
        [
          'versionInfo',
          'checksums',
          'licenseConcluded',
          'licenseDeclared',
          'licenseComments',
          'externalRefs',
          'annotations',
        ],
      ),
    ),
    relationships: list(
      object({
        spdxElementId: spdxId,
        relationshipType: { enum: ['DESCRIBES', 'DEPENDS_ON'] },
        relatedSpdxElement: spdxId,
      }),
    ),
    hasExtractedLicensingInfos: list(
      object({
        licenseId: { type: 'string', pattern: '^LicenseRef-[A-Za-z0-9.-]+$' },
        name: text,
        extractedText: text,
      }),
    ),
  },
  ['hasExtractedLicensingInfos'],
);

const message = object({ text });

/** SARIF 2.1.0: sections 3.13 (log), 3.14 (run), 3.19 (driver), 3.27 (result). */
const sarif = object({
  $schema: { type: 'string', format: 'uri' },
  version: { const: '2.1.0' },
  runs: list(
    object({
      tool: object({
        driver: object({
          name: text,
          version: text,
          rules: list(
            object({
              id: text,
              shortDescription: message,
              properties: object({
                tags: list(text),
                'security-severity': { type: 'string', pattern: '^\\d\\.\\d$' },
              }),
            }),
            0,
          ),
        }),
      }),
      invocations: list(
        object({
          executionSuccessful: { type: 'boolean' },
          toolExecutionNotifications: list(object({ level: { enum: ['error', 'note'] }, message }), 0),
        }),
      ),
      results: list(
        object(
          {
            ruleId: text,
            ruleIndex: { type: 'integer', minimum: 0 },
            level: { enum: ['none', 'note', 'warning', 'error'] },
            message,
            locations: list(
              object(
                {
                  physicalLocation: object({
                    artifactLocation: object({ uri: { type: 'string', format: 'uri-reference' } }),
                    region: object({ startLine: { type: 'integer', minimum: 1 } }),
                  }),
                  logicalLocations: list(object({ fullyQualifiedName: text, kind: text })),
                },
                ['logicalLocations'],
              ),
            ),
            partialFingerprints: { type: 'object', additionalProperties: text },
            properties: { type: 'object' },
          },
          ['properties'],
        ),
        0,
      ),
    }),
  ),
});

/** OpenVEX 0.2.0: sections "The VEX document" and "VEX statements", with what each status needs. */
const openVex = object({
  '@context': { const: 'https://openvex.dev/ns/v0.2.0' },
  '@id': text,
  author: text,
  timestamp: instant,
  version: { type: 'integer', minimum: 1 },
  tooling: text,
  statements: {
    ...list({
      ...object(
        {
          vulnerability: object({ name: text, aliases: { ...list(text), uniqueItems: true } }, ['aliases']),
          timestamp: instant,
          products: list(object({ '@id': text, identifiers: object({ purl: text }) })),
          status: { enum: ['not_affected', 'affected', 'fixed', 'under_investigation'] },
          status_notes: text,
          justification: {
            enum: [
              'component_not_present',
              'vulnerable_code_not_present',
              'vulnerable_code_not_in_execute_path',
              'vulnerable_code_cannot_be_controlled_by_adversary',
              'inline_mitigations_already_exist',
            ],
          },
          impact_statement: text,
          action_statement: text,
        },
        ['status_notes', 'justification', 'impact_statement', 'action_statement'],
      ),
      anyOf: [
        { properties: { status: { const: 'not_affected' } }, required: ['justification'] },
        { properties: { status: { const: 'not_affected' } }, required: ['impact_statement'] },
        { properties: { status: { const: 'affected' } }, required: ['action_statement'] },
        { properties: { status: { enum: ['fixed', 'under_investigation'] } } },
      ],
    }),
    uniqueItems: true,
  },
});

const described = { spdx, sarif, openVex } as const;

/** By what is described here; empty when it is valid. */
export function documentProblems(document: unknown, format: keyof typeof described): readonly string[] {
  return problemsBy(
    once(format, () => newAjv().compile(described[format])),
    document,
  );
}
