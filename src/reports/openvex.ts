/** OpenVEX 0.2.0 (openvex/spec, OPENVEX-SPEC.md): statements about vulnerabilities as a document. */
import type { JsonObject } from '../core/json.ts';
import type { VexStatement } from '../core/vex.ts';
import { inForce } from './bom.ts';
import { compact, plainText } from './document.ts';

export interface OpenVexInput {
  /** IRI that names the document, for example `urn:uuid:…`. */
  readonly id: string;
  /** Who issues the document. Statements of others say so in their notes. */
  readonly author: string;
  /** RFC 3339 UTC. */
  readonly timestamp: string;
  readonly version: number;
  readonly tooling: string;
  readonly statements: readonly VexStatement[];
}

/** Undefined when no statement is in force: the format has no document without one. */
export function openVex(input: OpenVexInput): JsonObject | undefined {
  const statements = inForce(input.statements, input.timestamp);
  if (statements.length === 0) return undefined;
  const texts = statements.map((statement) => statementOf(statement, input));
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': input.id,
    author: plainText(input.author, 300),
    timestamp: input.timestamp,
    version: input.version,
    tooling: plainText(input.tooling, 300),
    // The format wants each statement once.
    statements: [...new Map(texts.map((one) => [JSON.stringify(one), one])).values()],
  };
}

function statementOf(statement: VexStatement, { author }: OpenVexInput): JsonObject {
  const [name, ...aliases] = statement.vulnerabilities;
  return compact({
    vulnerability: compact({
      name: plainText(name, 200),
      aliases: aliases.length === 0 ? undefined : [...new Set(aliases.map((alias) => plainText(alias, 200)))],
    }),
    timestamp: statement.from,
    products: [{ '@id': statement.product, identifiers: { purl: statement.product } }],
    status: statement.status,
    status_notes: notesOf(statement, author),
    ...reasonOf(statement),
  });
}

/** The format has no end of validity, and one author: both are told in words. */
function notesOf({ author, until, cyclonedx }: VexStatement, issuer: string): string | undefined {
  const notes = [
    ...(author === issuer ? [] : [`stated by ${plainText(author, 300)}`]),
    ...(until === undefined ? [] : [`valid until ${until}`]),
    ...(cyclonedx === undefined ? [] : [`CycloneDX state ${cyclonedx.state}`]),
  ];
  return notes.length === 0 ? undefined : notes.join('; ');
}

/** `not_affected` needs a justification or a statement, `affected` a statement of what to do (section "Statements"). */
function reasonOf({ status, justification, statement }: VexStatement): JsonObject {
  const text = plainText(statement, 4000);
  if (status === 'affected') return { action_statement: text === '' ? 'No action is known yet.' : text };
  if (status !== 'not_affected') return {};
  return compact({
    justification,
    impact_statement: text !== '' ? text : justification === undefined ? 'No reason was given.' : undefined,
  });
}
