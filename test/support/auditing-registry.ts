/** A registry whose audits are answered as the gate answers them, from advisories that a test gives. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AdvisoryLookup } from '../../src/core/advisory.ts';
import { isAssayError } from '../../src/core/errors.ts';
import { parseNpmRequest } from '../../src/registries/npm/requests.ts';
import { sendAnswer } from '../../src/server/gateway/answer.ts';
import { answerAudit } from '../../src/server/gateway/audit.ts';
import { npmProblem } from '../../src/server/gateway/npm.ts';
import { get } from './http.ts';

export interface AuditingRegistry {
  /** Ends with `/`. */
  readonly url: string;
  readonly close: () => void;
}

/** Everything but audits is answered by `registry`. */
export async function auditingRegistry(
  registry: { readonly url: string },
  advisories: AdvisoryLookup | undefined,
): Promise<AuditingRegistry> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { kind } = parseNpmRequest(request.method ?? 'GET', request.url ?? '/');
    if (kind === 'audit-bulk' || kind === 'audit-quick') {
      sendAnswer(request, response, await answerAudit(advisories, request, kind));
      return;
    }
    const url = new URL((request.url ?? '/').slice(1), registry.url).href;
    const found = await get(url, { accept: request.headers.accept ?? '*/*' });
    response.writeHead(found.status, { 'content-type': found.headers.get('content-type') ?? 'text/plain' });
    // npm 12 refuses a tarball on another host than the registry's.
    const own = `http://${request.headers.host}/`;
    const isJson = (found.headers.get('content-type') ?? '').includes('json');
    response.end(isJson ? found.body.toString('utf8').replaceAll(registry.url, own) : found.body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      request.resume();
      sendAnswer(request, response, npmProblem(isAssayError(error) ? error : new Error(String(error))));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
