/** Refs over https, by version 2 of git's protocol (gitprotocol-http, gitprotocol-v2): two requests, no objects. */
import type { ForgeExchange, ForgeReply, ForgeRequest } from './exchange.ts';
import type { RefSource } from './git.ts';
import { NoAnswer } from './not-checked.ts';
import { packet, parsePackets, readCapabilities, readRefs, type Ref } from './pkt-line.ts';

const capabilityBytes = 1024 * 1024;
/** Some 250,000 refs. */
const refBytes = 16 * 1024 * 1024;

export function createHttpsRefs(exchange: ForgeExchange): RefSource {
  async function list(
    path: readonly string[],
    prefixes: readonly string[],
  ): Promise<readonly Ref[] | undefined> {
    // Servers that keep the name without `.git` mostly know it with as well.
    for (const base of [`${path.join('/')}.git`, path.join('/')]) {
      const reply = await exchange.send({
        path: `${base}/info/refs?service=git-upload-pack`,
        headers: { ...version2, accept: 'application/x-git-upload-pack-advertisement' },
        maxBytes: capabilityBytes,
      });
      if (reply.status === 404 || reply.status === 410) continue;
      typed(reply, 'application/x-git-upload-pack-advertisement');
      const { objectFormat } = readCapabilities(parsePackets(reply.bytes));
      return readRefs(parsePackets(await lsRefs(exchange, base, prefixes, objectFormat)));
    }
    return undefined;
  }

  return {
    tags: (path, names) => list(path, names.length === 0 ? ['HEAD'] : names),
    tips: (path) => list(path, ['refs/heads/', 'refs/tags/']),
  };
}

const version2 = { 'git-protocol': 'version=2' };

async function lsRefs(
  exchange: ForgeExchange,
  base: string,
  prefixes: readonly string[],
  objectFormat: string | undefined,
): Promise<Uint8Array> {
  if (objectFormat !== undefined && objectFormat !== 'sha1' && objectFormat !== 'sha256')
    throw new NoAnswer('the repository has objects of an unknown format');
  const request: ForgeRequest = {
    path: `${base}/git-upload-pack`,
    headers: {
      ...version2,
      accept: 'application/x-git-upload-pack-result',
      'content-type': 'application/x-git-upload-pack-request',
    },
    body: Buffer.from(
      [
        packet('command=ls-refs\n'),
        ...(objectFormat === undefined ? [] : [packet(`object-format=${objectFormat}\n`)]),
        '0001',
        packet('peel\n'),
        ...prefixes.map((prefix) => packet(`ref-prefix ${prefix}\n`)),
        '0000',
      ].join(''),
      'utf8',
    ),
    maxBytes: refBytes,
  };
  const reply = await exchange.send(request);
  typed(reply, 'application/x-git-upload-pack-result');
  return reply.bytes;
}

function typed({ status, headers, place }: ForgeReply, type: string): void {
  if (status !== 200) throw new NoAnswer(`${place}: status ${status}`);
  if (headers['content-type'] !== type) throw new NoAnswer(`${place}: this is no git server`);
}
