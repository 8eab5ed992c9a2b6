/** Sources of packages as a person reads them. */
import { forTerminal } from '../core/encode.ts';
import type {
  ApprovalShown,
  FoundShown,
  IdentityShown,
  SourceFinding,
} from '../server/control/source-protocol.ts';
import type { Terminal } from './terminal.ts';

/** What was found, how sure that is, what disagrees, and every place that was looked at. */
export function findingLines(terminal: Terminal, finding: SourceFinding): readonly string[] {
  const { found, disagreements, because, message } = finding;
  const state =
    found === undefined
      ? [terminal.paint('bad', `No source of ${forTerminal(finding.purl)} was found.`), field('why', message)]
      : [terminal.paint('bold', forTerminal(finding.purl)), ...foundLines(terminal, found)];
  const approval =
    found === undefined
      ? []
      : [
          finding.approved
            ? terminal.paint('good', '  approved     yes')
            : terminal.paint('warn', '  approved     no: `assay source approve` says that it is theirs'),
        ];
  return [
    ...state,
    field('kept as', finding.archive === undefined ? undefined : `sha256:${finding.archive}`),
    ...approval,
    ...list(
      'Disagreements:',
      disagreements.map((line) => terminal.paint('warn', forTerminal(line))),
    ),
    ...list(
      'Looked at:',
      because.map((line) => forTerminal(line)),
    ),
  ].filter((line) => line !== '');
}

export function foundLines(terminal: Terminal, found: FoundShown): readonly string[] {
  const { source, identity, grade, confidence, reachable } = found;
  const tone = reachable === 'no' || confidence === 'low' ? 'warn' : 'good';
  return [
    field('source', source),
    ...identityLines(identity),
    terminal.paint(tone, `  found by     ${grade}, confidence ${confidence}, reachable: ${reachable}`),
  ];
}

export function approvalLines(terminal: Terminal, one: ApprovalShown): readonly string[] {
  const { action, identity, reason, principal, at, eventId } = one;
  const title = `${forTerminal(one.package)}  ${action === 'approve' ? 'approved' : 'taken back'}`;
  return [
    terminal.paint('bold', title),
    ...identityLines(identity),
    field('reason', reason),
    field('by', `${principal.name}, ${at}`),
    field('entry', eventId),
  ].filter((line) => line !== '');
}

function identityLines({ repository, repositoryId, ownerId, keys }: IdentityShown): readonly string[] {
  return [
    field('repository', repositoryId === undefined ? repository : `${repository} (id ${repositoryId})`),
    field('owner', ownerId === undefined ? undefined : `id ${ownerId}`),
    field('keys', keys.length === 0 ? undefined : keys.join(', ')),
  ].filter((line) => line !== '');
}

/** Empty when there is nothing to say. */
function field(title: string, value: string | undefined): string {
  return value === undefined || value === '' ? '' : `  ${title.padEnd(12)} ${forTerminal(value, 1000)}`;
}

function list(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  - ${line}`)];
}
