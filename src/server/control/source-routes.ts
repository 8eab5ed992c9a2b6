/** The control socket's routes about the sources of packages; shapes in `source-protocol.ts`. */
import type { Gate } from '../gate.ts';
import { jsonAnswer, type Answer } from '../gateway/answer.ts';
import { approveSource, findSourceOf, listSources, revokeSource } from '../rebuilding/source-answers.ts';
import { parseWith } from './parse.ts';
import { sourceApprove, sourceList, sourceQuery, sourceRevoke } from './source-protocol.ts';

/** Undefined when there is no such route. `body` reads and parses the request's JSON. */
export async function answerSources(
  gate: Gate,
  route: string,
  body: () => Promise<unknown>,
): Promise<Answer | undefined> {
  switch (route) {
    case 'POST /sources/find':
      return jsonAnswer(200, await findSourceOf(gate, parseWith(sourceQuery, await body())));
    case 'POST /sources/approve':
      return jsonAnswer(200, await approveSource(gate, parseWith(sourceApprove, await body())));
    case 'POST /sources/revoke':
      return jsonAnswer(200, await revokeSource(gate, parseWith(sourceRevoke, await body())));
    case 'POST /sources/list':
      return jsonAnswer(200, await listSources(gate, parseWith(sourceList, await body())));
    default:
      return undefined;
  }
}
