/** One test per real client (or per one of `of`), skipped by name where the client can't be had. */
import { test, type TestContext } from 'node:test';
import { clientMissing, clients, clientTitle, type Client } from './clients.ts';

export async function eachClient(
  title: string,
  body: (client: Client, context: TestContext) => Promise<void>,
  of: readonly Client[] = clients,
): Promise<void> {
  for (const client of of) {
    const skip = await clientMissing(client);
    test(`${clientTitle(client)} ${title}`, { skip: skip ?? false }, (context) => body(client, context));
  }
}
