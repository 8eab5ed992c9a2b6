/** Expectations as a person reads them. */
import { forTerminal } from '../core/encode.ts';
import type { ExpectationShown } from '../server/control/expect-protocol.ts';
import type { Terminal } from './terminal.ts';

/** One expectation, under a line that names it. */
export function expectationLines(terminal: Terminal, one: ExpectationShown): readonly string[] {
  const { identity } = one;
  const lines: readonly (readonly [string, string | readonly string[] | undefined])[] = [
    ['repository', withId(identity?.repositoryUri, identity?.repositoryId)],
    ['owner', withId(identity?.ownerUri, identity?.ownerId)],
    ['issuer', identity?.issuer],
    ['workflow', identity?.workflows],
    ['signer', identity?.signers],
    ['ref', identity?.refs],
    ['trigger', identity?.triggers],
    ['runner', identity?.runners],
    ['tag', one.tagTemplate],
    ['publishers', one.publishers],
    ['scripts', one.installScripts],
    ['learned from', one.learnedFrom.slice(-10)],
    ['reason', one.reason],
    ['by', `${one.principal.name}, ${one.at}`],
    ['entry', one.eventId],
  ];
  const nothing =
    identity === undefined ? terminal.paint('warn', '  forgotten: nothing is compared') : undefined;
  const scope = one.line === '*' ? 'whole package' : `line ${forTerminal(one.line, 40)}`;
  return [
    terminal.paint('bold', `${scope}  revision ${one.revision}  ${one.origin}, ${one.standing}`),
    ...(nothing === undefined ? [] : [nothing]),
    ...lines.flatMap(([title, value]) => {
      const text = typeof value === 'string' ? value : value?.join(', ');
      return text === undefined || text === '' ? [] : [`  ${title.padEnd(12)} ${forTerminal(text, 1000)}`];
    }),
  ];
}

function withId(uri: string | undefined, id: string | undefined): string | undefined {
  const parts = [...(uri === undefined ? [] : [uri]), ...(id === undefined ? [] : [`(id ${id})`])];
  return parts.length === 0 ? undefined : parts.join(' ');
}
