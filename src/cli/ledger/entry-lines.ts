/** An entry as a person reads it: what stands open in it, and what was opened. */
import { forTerminal } from '../../core/encode.ts';
import type { JsonObject } from '../../core/json.ts';
import type { DisclosedFinding } from '../../server/auditing/bundle.ts';
import { isProven } from '../../server/auditing/bundle.ts';
import type { Terminal } from '../terminal.ts';

const statementWords: Readonly<Record<DisclosedFinding['envelope'], string | undefined>> = {
  none: undefined,
  signed: 'signed',
  unknown: 'signed by a key that was not given',
  refuted: 'REFUTED: its signature is not over what is shown',
};

export function entryLines(terminal: Terminal, finding: DisclosedFinding): readonly string[] {
  const { index, leaf, fields, subject, proof, envelope, summary } = finding;
  const verdict = isProven(finding)
    ? terminal.paint('good', 'in the log')
    : terminal.paint('bad', proof.ok ? 'REFUTED' : `NOT PROVEN: ${proof.problem}`);
  const outcome = outcomeOf(finding.statement);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['id', leaf?.id],
    ['subject', subject && `${subject.purl}  ${subject.file}  (${subject.upstream}, ${subject.channel})`],
    ['sha256', subject?.artifact],
    ['outcome', outcome],
    ['statement', statementWords[envelope]],
    ['summary', statementWords[summary]],
    [
      'fields',
      fields &&
        Object.entries(fields)
          .map(([field, is]) => `${field} ${is}`)
          .join(', '),
    ],
  ];
  return [
    `entry ${index}  ${leaf === undefined ? '' : `${leaf.type}  ${leaf.time}  `}${verdict}`,
    ...lines.flatMap(([title, text]) =>
      text === undefined ? [] : [`  ${title.padEnd(10)} ${forTerminal(text, 1000)}`],
    ),
  ];
}

/** Of a decision what it was; of an erasure what was erased; of an expectation which; of a change of trust what it became; of a change of the log's key which one comes or goes; of a build what came of it; of all else what was done. */
function outcomeOf(statement: unknown): string | undefined {
  const predicate = (statement as JsonObject | undefined)?.['predicate'] as JsonObject | undefined;
  const [outcome, field, event] = ['outcome', 'field', 'event'].map((key) => predicate?.[key]);
  if (typeof outcome === 'string') return outcome;
  const [step, older, newer] = ['step', 'older', 'newer'].map((key) => predicate?.[key]);
  if (step === 'begin' && typeof newer === 'string') return `the key ${newer} comes`;
  if (step === 'retire' && typeof older === 'string') return `the key ${older} goes`;
  const key = predicate?.['key'];
  if (typeof key === 'string') return `the key ${key} signs builds`;
  const [line, revision, origin] = ['line', 'revision', 'origin'].map((key) => predicate?.[key]);
  if (typeof line === 'string' && typeof revision === 'number' && typeof origin === 'string')
    return `expectation ${revision} of line ${line}, ${origin}`;
  const [after, via] = ['after', 'via'].map((key) => predicate?.[key]);
  if (typeof after === 'string' && typeof via === 'string')
    return `trust is ${after.slice(0, 12)} from here on, by ${via}`;
  if (typeof field === 'string' && typeof event === 'string') return `${field} of the entry ${event} erased`;
  const [verdict, cause, action] = ['verdict', 'cause', 'action'].map((name) => predicate?.[name]);
  if (typeof verdict === 'string')
    return typeof cause === 'string' ? `${verdict} (${cause})` : `built from source: ${verdict}`;
  return typeof action === 'string' ? action : undefined;
}
