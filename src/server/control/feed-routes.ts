/** The routes of the control socket about feeds; shapes in `feed-protocol.ts`. */
import { localOperator } from '../../core/subject.ts';
import { rfc3339 } from '../../core/time.ts';
import { feedsShown, overrideShown } from '../feeds/shown.ts';
import type { Gate } from '../gate.ts';
import { jsonAnswer, type Answer } from '../gateway/answer.ts';
import { feedImport, feedOverride, feedOverrideEnd, type FeedImported } from './feed-protocol.ts';
import { parseWith } from './parse.ts';

/** Undefined when there is no such route. `body` reads and parses the request's JSON. */
export async function answerFeeds(
  { feeds, clock }: Pick<Gate, 'feeds' | 'clock'>,
  route: string,
  body: () => Promise<unknown>,
): Promise<Answer | undefined> {
  switch (route) {
    case 'GET /feeds':
      return jsonAnswer(200, feedsShown(feeds, rfc3339(clock())));
    case 'POST /feeds/import': {
      const { from, delta, epss, kev, popular, ...request } = parseWith(feedImport, await body());
      const lists = { epss, kev, popular };
      const outcome = await feeds.importFrom({ ...request, from, delta, lists }, localOperator);
      const answer: FeedImported = { ...outcome, reasons: [...outcome.reasons] };
      return jsonAnswer(200, answer);
    }
    case 'POST /feeds/overrides': {
      const request = parseWith(feedOverride, await body());
      const override = await feeds.addOverride({ ...request, version: request.version }, localOperator);
      return jsonAnswer(200, { override: overrideShown(override) });
    }
    case 'POST /feeds/overrides/end': {
      const { id, name, version } = parseWith(feedOverrideEnd, await body());
      const override = await feeds.endOverride({ id, name, version }, localOperator);
      return jsonAnswer(200, { override: overrideShown(override) });
    }
    default:
      return undefined;
  }
}
