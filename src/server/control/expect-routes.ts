/** The control socket's routes about expectations; shapes in `expect-protocol.ts`. */
import {
  expectationHistory,
  forgetExpectations,
  setExpectation,
  showExpectations,
} from '../answers/expectations.ts';
import type { Gate } from '../gate.ts';
import { jsonAnswer, type Answer } from '../gateway/answer.ts';
import { expectForget, expectQuery, expectSet } from './expect-protocol.ts';
import { parseWith } from './parse.ts';

/** Undefined when there is no such route. `body` reads and parses the request's JSON. */
export async function answerExpectations(
  gate: Gate,
  route: string,
  body: () => Promise<unknown>,
): Promise<Answer | undefined> {
  switch (route) {
    case 'POST /expectations':
      return jsonAnswer(200, await showExpectations(gate, parseWith(expectQuery, await body())));
    case 'POST /expectations/history':
      return jsonAnswer(200, await expectationHistory(gate, parseWith(expectQuery, await body())));
    case 'POST /expectations/set':
      return jsonAnswer(200, await setExpectation(gate, parseWith(expectSet, await body())));
    case 'POST /expectations/forget':
      return jsonAnswer(200, await forgetExpectations(gate, parseWith(expectForget, await body())));
    default:
      return undefined;
  }
}
