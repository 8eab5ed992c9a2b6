/** How old is what the running gate knows of vulnerabilities? */
import type { Settings } from '../config/settings.ts';
import { controlClient } from '../control/client.ts';
import type { FeedsAnswer } from '../control/feed-protocol.ts';
import type { Finding } from './finding.ts';

export async function feedFindings({
  dataDirectory,
}: Pick<Settings, 'dataDirectory'>): Promise<readonly Finding[]> {
  let feeds: FeedsAnswer['feeds'];
  try {
    ({ feeds } = await controlClient(dataDirectory).feeds());
  } catch {
    // No gate runs, or it is of another version: another finding says so.
    return [];
  }
  const about = 'feed';
  const remedy = 'assay feed import, or set `feeds.npm.url` in the configuration';
  if (feeds.length === 0)
    return [{ state: 'warning', about, message: 'no feed of advisories was imported', remedy }];
  return feeds.map(({ ecosystem, ageDays, old, problem }) => {
    if (problem !== undefined)
      return { state: 'bad', about, message: `${ecosystem} is lost: ${problem}`, remedy };
    const message = `the newest advisory for ${ecosystem} is ${ageDays === undefined ? 'of unknown age' : `${ageDays} days old`}`;
    return old ? { state: 'warning', about, message, remedy } : { state: 'good', about, message, remedy: '' };
  });
}
