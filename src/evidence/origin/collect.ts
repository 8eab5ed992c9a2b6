/** Where the bytes came from: which upstream, whose identity, over which URLs, when. */
import type { Collector } from '../../core/collector.ts';
import { redactSecrets } from '../../core/errors.ts';
import { recordOf } from '../record.ts';

export const originCollector: Collector = {
  kind: 'origin',
  version: '1',
  scope: 'release',
  collect: (input) => {
    const { upstream, identityHost, urls, fetchedAt } = input.origin;
    const chain = urls.map(redactSecrets);
    const summary = `Fetched from ${upstream} (${identityHost}) at ${fetchedAt}.`;
    const facts = {
      upstream,
      identityHost,
      url: chain.at(-1) ?? null,
      chain: chain.join(' '),
      redirects: Math.max(0, urls.length - 1),
      fetchedAt,
    };
    return recordOf(originCollector, input, { result: 'pass', summary, facts });
  },
};
