/** One test per real client (or per one of `of`), skipped by name where the client can't be had. */
import { test, type TestContext } from 'node:test';
import { clientMissing, clients, clientTitle, type Client } from './clients.ts';

// All of them before the first test is declared: node:test may end a file while it waits between declarations.
const missing = new Map(
  await Promise.all(clients.map(async (client) => [client, await clientMissing(client)] as const)),
);

export interface EachClientOptions {
  readonly of?: readonly Client[];
  /** Why none of the tests can run here. */
  readonly skip?: string | undefined;
}

export function eachClient(
  title: string,
  body: (client: Client, context: TestContext) => Promise<void>,
  options: EachClientOptions = {},
): void {
  for (const client of options.of ?? clients) {
    const skip = options.skip ?? missing.get(client) ?? false;
    test(`${clientTitle(client)} ${title}`, { skip }, (context) => body(client, context));
  }
}
