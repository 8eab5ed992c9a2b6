/** OpenVEX 0.2.0 (and 0.0.x, where a vulnerability is a plain text). */
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import type { Purl } from '../../core/purl.ts';
import type { VexStatement } from '../../core/vex.ts';
import {
  collected,
  documentFrom,
  entriesOf,
  idsOf,
  invalid,
  justifications,
  productOf,
  shortText,
  statuses,
  timeOf,
  untilOf,
  type VexReading,
  type VexSigner,
} from './read.ts';

/** Throws VEX_INVALID. A statement that lacks what its status demands is passed over, and counted. */
export function readOpenVex(text: string, signer: VexSigner): VexReading {
  const document = documentFrom(text);
  const context = ownString(document, '@context') ?? '';
  if (!/\bopenvex\b/.test(context.slice(0, 200))) throw invalid('it is no OpenVEX document');
  const time = timeOf(document, 'last_updated', 'timestamp');
  return collected(entriesOf(document, 'statements').map((one) => statementsFrom(one, time, signer)));
}

function statementsFrom(
  value: Json,
  documentTime: string | undefined,
  signer: VexSigner,
): readonly VexStatement[] {
  if (!isJsonObject(value)) return [];
  const status = statuses.find((one) => one === own(value, 'status'));
  const [first, ...others] = vulnerabilityIds(own(value, 'vulnerability'));
  const from = timeOf(value, 'last_updated', 'timestamp') ?? documentTime;
  if (status === undefined || first === undefined || from === undefined) return [];
  const justification = justifications.find((one) => one === own(value, 'justification'));
  const words = ownString(value, status === 'affected' ? 'action_statement' : 'impact_statement');
  // Section "Status justifications": one of the two must be there.
  if (status === 'not_affected' && justification === undefined && (words ?? '').trim() === '') return [];
  return entriesOf(value, 'products')
    .flatMap(productsFrom)
    .map((product) => ({
      author: signer.name,
      product,
      vulnerabilities: [first, ...others],
      status,
      justification: status === 'not_affected' ? justification : undefined,
      statement: shortText(words),
      from,
      until: untilOf(from, signer),
      cyclonedx: undefined,
    }));
}

function vulnerabilityIds(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return idsOf([value]);
  if (!isJsonObject(value)) return [];
  const aliases = entriesOf(value, 'aliases').map((one) => (typeof one === 'string' ? one : undefined));
  return idsOf([ownString(value, 'name'), ownString(value, '@id'), ...aliases]);
}

/** A statement about a part within a product says nothing of the part elsewhere. */
function productsFrom(value: Json): readonly Purl[] {
  if (typeof value === 'string') return asList(productOf(value));
  if (!isJsonObject(value) || entriesOf(value, 'subcomponents').length > 0) return [];
  return asList(productOf(identifierOf(value)) ?? productOf(ownString(value, '@id')));
}

function identifierOf(value: JsonObject): string | undefined {
  const identifiers = ownObject(value, 'identifiers');
  return identifiers === undefined ? undefined : ownString(identifiers, 'purl');
}

function asList<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}
