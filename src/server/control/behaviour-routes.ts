/** The control socket's routes about what install scripts do; shapes in `behaviour-protocol.ts`. */
import { eventsOf, followWatching, requestWatching, showBehaviour } from '../behaviour/answers.ts';
import type { Gate } from '../gate.ts';
import { jsonAnswer, type Answer } from '../gateway/answer.ts';
import { behaviourRequest, followRequest } from './behaviour-protocol.ts';
import { parseWith } from './parse.ts';

/** Undefined when there is no such route. `body` reads and parses the request's JSON. */
export async function answerBehaviour(
  gate: Gate,
  route: string,
  body: () => Promise<unknown>,
): Promise<Answer | undefined> {
  const purl = async (): Promise<string> => parseWith(behaviourRequest, await body()).purl;
  switch (route) {
    case 'POST /behaviour':
      return jsonAnswer(200, await showBehaviour(gate, await purl()));
    case 'POST /behaviour/watch':
      return jsonAnswer(200, await requestWatching(gate, await purl()));
    case 'POST /behaviour/follow': {
      const asked = parseWith(followRequest, await body());
      return jsonAnswer(200, await followWatching(gate, asked.purl, asked.after));
    }
    case 'POST /behaviour/events':
      return jsonAnswer(200, await eventsOf(gate, await purl()));
    default:
      return undefined;
  }
}
