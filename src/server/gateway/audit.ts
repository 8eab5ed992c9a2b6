/** What a package manager's audit is answered, from the feed. Nothing leaves this machine: the names asked may be private. */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { AdvisoryLookup, FeedState } from '../../core/advisory.ts';
import { AssayError } from '../../core/errors.ts';
import { npmError } from '../../registries/npm/answers.ts';
import { answerBulk, answerQuick, auditLimits } from '../../registries/npm/audit.ts';
import { jsonAnswer, type Answer } from './answer.ts';
import { readBody } from './body.ts';

const inflate = promisify(gunzip);

/**
 * Clients print "found 0 vulnerabilities" for an empty answer, so without a feed that can be relied on there is none.
 * Throws REQUEST_INVALID, REQUEST_TOO_LARGE.
 */
export async function answerAudit(
  advisories: AdvisoryLookup | undefined,
  request: IncomingMessage,
  protocol: 'audit-bulk' | 'audit-quick',
): Promise<Answer> {
  if (advisories?.feed === undefined) return npmError({ kind: 'audit' });
  const why = unreliable(advisories.feed);
  if (why !== undefined) return npmError({ kind: 'audit', why });
  const body = await bodyOf(request);
  const answer = protocol === 'audit-bulk' ? answerBulk(body, advisories) : answerQuick(body, advisories);
  return jsonAnswer(200, answer);
}

/** A feed that is there and says nothing is how feeds fail silently. */
function unreliable({ records, canary }: FeedState): string | undefined {
  if (records === 0) return "Assay's advisory feed is empty";
  return canary === 'missed'
    ? "Assay's advisory feed does not know an advisory that it must know"
    : undefined;
}

/** npm, Yarn 1 and Berry compress what they send; a small body may inflate to anything. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'gzip' && encoding !== 'x-gzip' && encoding !== 'identity')
    throw new AssayError('REQUEST_INVALID', `a body in the encoding ${encoding.slice(0, 40)} is not read`);
  const body = await readBody(request, auditLimits.bodyBytes);
  if (encoding === 'identity') return body;
  try {
    return await inflate(body, { maxOutputLength: auditLimits.textBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new AssayError('REQUEST_TOO_LARGE', `the body inflates to over ${auditLimits.textBytes} bytes`, {
        cause,
      });
    throw new AssayError('REQUEST_INVALID', 'the body is not what gzip writes', { cause });
  }
}
