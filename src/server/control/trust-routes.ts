/** The routes of the control socket about trust; shapes in `trust-protocol.ts`. */
import { localOperator } from '../../core/subject.ts';
import { rfc3339 } from '../../core/time.ts';
import type { Gate } from '../gate.ts';
import { jsonAnswer, type Answer } from '../gateway/answer.ts';
import { historyShown, refreshedShown, trustShown } from '../trust/shown.ts';
import { parseWith } from './parse.ts';
import { trustImport, type TrustImported } from './trust-protocol.ts';

/** Undefined when there is no such route. `body` reads and parses the request's JSON. */
export async function answerTrust(
  { trust, clock }: Pick<Gate, 'trust' | 'clock'>,
  route: string,
  body: () => Promise<unknown>,
): Promise<Answer | undefined> {
  switch (route) {
    case 'GET /trust':
      return jsonAnswer(200, trustShown(trust, rfc3339(clock())));
    case 'GET /trust/history':
      return jsonAnswer(200, historyShown(trust));
    case 'POST /trust/refresh':
      return jsonAnswer(200, refreshedShown(trust, await trust.refresh(localOperator)));
    case 'POST /trust/import': {
      const { content, via, host, name, apply } = parseWith(trustImport, await body());
      const bytes = Buffer.from(content);
      const { applied, changes, refused, digest } = await trust.import({ bytes, via, host, name, apply });
      const answer: TrustImported = { applied, changes: [...changes], refused: [...refused], digest };
      return jsonAnswer(200, answer);
    }
    default:
      return undefined;
  }
}
