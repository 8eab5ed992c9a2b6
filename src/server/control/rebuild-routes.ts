/** The control socket's routes about building from source; shapes in `rebuild-protocol.ts`. */
import { catalogueOf, catalogueOfRelease } from '../rebuilding/catalogue.ts';
import type { Gate } from '../gate.ts';
import { jsonAnswer, type Answer } from '../gateway/answer.ts';
import {
  listRebuilds,
  proveRebuild,
  reportRebuild,
  requestRebuild,
  watchRebuild,
} from '../rebuilding/answers.ts';
import { catalogueRequest, releaseCatalogueRequest } from './catalogue-protocol.ts';
import { parseWith } from './parse.ts';
import {
  rebuildCancelRequest,
  rebuildListRequest,
  rebuildProofRequest,
  rebuildReportRequest,
  rebuildRequest,
  rebuildWatchRequest,
} from './rebuild-protocol.ts';

/** Undefined when there is no such route. `body` reads and parses the request's JSON. */
export async function answerRebuilds(
  gate: Gate,
  route: string,
  body: () => Promise<unknown>,
): Promise<Answer | undefined> {
  switch (route) {
    case 'POST /rebuilds':
      return jsonAnswer(200, await requestRebuild(gate, parseWith(rebuildRequest, await body())));
    case 'POST /rebuilds/list':
      return jsonAnswer(200, await listRebuilds(gate, parseWith(rebuildListRequest, await body()).limit));
    case 'POST /rebuilds/watch': {
      const { id, after } = parseWith(rebuildWatchRequest, await body());
      return jsonAnswer(200, await watchRebuild(gate, id, after));
    }
    case 'POST /rebuilds/cancel': {
      const { id } = parseWith(rebuildCancelRequest, await body());
      return jsonAnswer(200, { cancelled: await gate.rebuilding.queue.cancel(id) });
    }
    case 'POST /rebuilds/report': {
      const { purl, form } = parseWith(rebuildReportRequest, await body());
      return jsonAnswer(200, await reportRebuild(gate, purl, form));
    }
    case 'POST /rebuilds/proof':
      return jsonAnswer(200, await proveRebuild(gate, parseWith(rebuildProofRequest, await body()).purl));
    case 'POST /catalogue':
      return jsonAnswer(200, await catalogueOf(gate, parseWith(catalogueRequest, await body())));
    case 'POST /catalogue/release': {
      const { purl } = parseWith(releaseCatalogueRequest, await body());
      return jsonAnswer(200, await catalogueOfRelease(gate, purl));
    }
    default:
      return undefined;
  }
}
