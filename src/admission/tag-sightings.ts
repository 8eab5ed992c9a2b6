/** Remembers the first commit each tag was seen at: a tag that points elsewhere later was moved (Trivy, March 2026). */
import type { Clock } from '../core/time.ts';
import { rfc3339 } from '../core/time.ts';
import type { AskForge } from './deps.ts';
import type { HistoryStore } from './history-deps.ts';

export interface TagDeps {
  readonly askForge: AskForge;
  readonly records: Pick<HistoryStore, 'seeTags'>;
  readonly clock: Clock;
}

const tagsAtMost = 32;

/** Asks the same forge, and adds what it said before of the tags. Throws STORAGE_*. */
export function rememberingTags({ askForge, records, clock }: TagDeps): AskForge {
  return async (question) => {
    const answers = await askForge(question);
    const { tags } = answers;
    if (tags.state !== 'known') return answers;
    const commits = Object.entries(tags.commits).slice(0, tagsAtMost);
    const first = await records.seeTags(
      repositoryKey(question.repositoryUri),
      Object.fromEntries(commits),
      rfc3339(clock()),
    );
    return { ...answers, tags: { ...tags, firstSeen: Object.fromEntries(first) } };
  };
}

/** Forges compare the names of owners and repositories without regard to case. */
function repositoryKey(uri: string): string {
  return uri.toLowerCase().replace(/(?:\.git)?\/*$/, '');
}
