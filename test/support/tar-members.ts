import { list } from 'tar';
import { once } from 'node:events';

/** The files of an uncompressed tar, as text by path. */
export async function tarMembers(bytes: Uint8Array): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const parser = list({
    onReadEntry: (entry) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => found.set(entry.path, Buffer.concat(chunks).toString('utf8')));
    },
  });
  const ended = once(parser, 'end');
  parser.end(Buffer.from(bytes));
  await ended;
  return found;
}
