/** What the gate knows of a version besides its decision, for a check: read from its index, its evidence and its statements. */
import type { ReleaseRecord } from '../../admission/deps.ts';
import type { Currency } from '../../core/currency.ts';
import { isAssayError } from '../../core/errors.ts';
import type { Evidence } from '../../core/evidence.ts';
import { formatPurl } from '../../core/purl.ts';
import { gateItself, type UpstreamId } from '../../core/subject.ts';
import { rfc3339 } from '../../core/time.ts';
import type { VexStatement } from '../../core/vex.ts';
import { currencyOf } from '../../registries/npm/currency.ts';
import type { LicenceShown, VexShown } from '../control/known-protocol.ts';
import { publicationKinds, type CheckResult } from '../control/protocol.ts';
import type { Gate } from '../gate.ts';

interface Asked {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly version: string;
}

type Known = Pick<CheckResult, 'verified' | 'currency' | 'licence' | 'vex'>;

/** Evidence is read from the record: what admission remembers of a release is without it. */
export async function knownOf(gate: Gate, asked: Asked, { id }: ReleaseRecord): Promise<Known> {
  const evidence = (await gate.storage.admission.release(id))?.evidence ?? [];
  const currency = await currencyIn(gate, asked);
  const verified = verifiedBy(evidence);
  const licence = licenceBy(evidence);
  return {
    ...(verified !== undefined && { verified }),
    ...(currency !== undefined && { currency }),
    ...(licence !== undefined && { licence }),
    vex: statementsAbout(gate, asked),
  };
}

/** An upstream that fails now takes no answer away that was given already. */
async function currencyIn(
  { shelves, clock }: Gate,
  { upstream, name, version }: Asked,
): Promise<Currency | undefined> {
  try {
    const shelf = await shelves.show({ upstream, name, principal: gateItself });
    return shelf === undefined ? undefined : currencyOf(shelf.view, version, rfc3339(clock()));
  } catch (error) {
    if (isAssayError(error)) return undefined;
    throw error;
  }
}

function verifiedBy(evidence: readonly Evidence[]): Known['verified'] {
  const resultOf = (wanted: string): Evidence['result'] | undefined =>
    evidence.find(({ kind }) => kind === wanted)?.result;
  const [signatures, provenance, expectations] = publicationKinds.map(resultOf);
  if (signatures === undefined || provenance === undefined || expectations === undefined) return undefined;
  return { signatures, provenance, expectations };
}

const mostDetected = 100;

/** Where declaration and texts disagree, nothing is concluded: a person has to. */
function licenceBy(evidence: readonly Evidence[]): LicenceShown | undefined {
  const found = evidence.find(({ kind }) => kind === 'licences');
  if (found === undefined || found.result === 'error' || found.result === 'not-checked') return undefined;
  const { expression, detected } = found.facts;
  const isDisputed = found.items.some(({ id }) => id.startsWith('licences/licence/disagreement/'));
  return {
    concluded: typeof expression === 'string' && !isDisputed ? expression : null,
    detected: typeof detected === 'string' ? detected.split(', ').slice(0, mostDetected) : [],
  };
}

const mostStatements = 20;

function statementsAbout(gate: Gate, { name, version }: Asked): NonNullable<Known['vex']> {
  const products: readonly string[] = [formatPurl('npm', name), formatPurl('npm', name, version)];
  const all = gate.feeds.vexAbout('npm', name).filter(({ product }) => products.includes(product));
  const told = all.slice(0, mostStatements);
  return { statements: told.map(statementShown), more: all.length - told.length };
}

const mostIds = 20;

/** Bounded: a check answers within a line. */
function statementShown({ vulnerabilities, ...rest }: VexStatement): VexShown {
  const { author, product, status, justification, statement, from, until, cyclonedx } = rest;
  const [id, ...aliases] = vulnerabilities;
  return {
    author: cut(author, 300),
    product,
    vulnerabilities: [cut(id, 200), ...aliases.slice(0, mostIds).map((alias) => cut(alias, 200))],
    status,
    ...(justification !== undefined && { justification }),
    statement: cut(statement, 2000),
    from,
    ...(until !== undefined && { until }),
    ...(cyclonedx !== undefined && {
      cyclonedx: {
        state: cyclonedx.state,
        ...(cyclonedx.justification !== undefined && { justification: cut(cyclonedx.justification, 100) }),
        responses: cyclonedx.responses.slice(0, 20).map((response) => cut(response, 100)),
      },
    }),
  };
}

function cut(text: string, most: number): string {
  return (text.length <= most ? text : `${text.slice(0, most - 3)}...`).toWellFormed();
}
