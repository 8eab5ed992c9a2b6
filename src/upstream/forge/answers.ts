/** The four questions about one publication, asked at once. */
import type { Forge, ForgeAnswers } from '../../core/forge.ts';
import { failedToAsk, notChecked } from './not-checked.ts';

export interface ForgeQuestions {
  /** From verified provenance; undefined where it names none. */
  readonly repositoryUri: string | undefined;
  readonly commit: string | undefined;
  readonly runUri: string | undefined;
  readonly tagNames: readonly string[];
}

/** Never throws. A tag that points at the commit makes it reachable, whatever the forge could say of the commit alone. */
export async function answersFor(
  forge: Forge,
  { repositoryUri, commit, runUri, tagNames }: ForgeQuestions,
): Promise<ForgeAnswers> {
  const noRepository = notChecked('the provenance names no repository');
  const [repository, commitAnswer, run, tags] = await Promise.all([
    repositoryUri === undefined ? noRepository : forge.repository(repositoryUri).catch(failedToAsk),
    repositoryUri === undefined || commit === undefined
      ? notChecked('the provenance names no commit')
      : forge.commit(repositoryUri, commit).catch(failedToAsk),
    runUri === undefined ? notChecked('the provenance names no run') : forge.run(runUri).catch(failedToAsk),
    repositoryUri === undefined ? noRepository : forge.tags(repositoryUri, tagNames).catch(failedToAsk),
  ]);
  const tagged =
    tags.state === 'known' && commit !== undefined && Object.values(tags.commits).includes(commit);
  const reached = tagged && commitAnswer.state === 'known' && commitAnswer.exists;
  return {
    repository,
    commit: reached ? { ...commitAnswer, reachable: 'yes' } : commitAnswer,
    run,
    tags,
  };
}
