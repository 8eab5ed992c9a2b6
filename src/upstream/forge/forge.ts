/** One forge for all configured hosts: the host of a URI picks who is asked, and answers are kept for minutes. */
import type { Forge, NotChecked } from '../../core/forge.ts';
import { createAnswerCache } from './cache.ts';
import { createForgeExchange } from './exchange.ts';
import { createFileRefs } from './git-files.ts';
import { createHttpsRefs } from './git-https.ts';
import { createGitForge } from './git.ts';
import { createGithubForge } from './github.ts';
import { failedToAsk, notChecked } from './not-checked.ts';
import { parseRepositoryUri, parseRunUri } from './repository-uri.ts';
import type { ForgeDeps, ForgeSource } from './types.ts';

export interface ClosableForge extends Forge {
  readonly close: () => void;
}

interface Asked {
  readonly forge: Forge;
  readonly close: () => void;
}

/** Its methods never throw. Throws UPSTREAM_HOST_REFUSED for an `api` that may not be asked. */
export function createForge(sources: readonly ForgeSource[], deps: ForgeDeps): ClosableForge {
  const byHost = new Map(sources.map((source) => [source.host, openOne(source, deps)]));
  const cache = createAnswerCache(deps.clock);

  async function ask<T extends { readonly state: 'known' }>(
    host: string | undefined,
    key: readonly unknown[],
    question: (forge: Forge) => Promise<T | NotChecked>,
    isFinal: (answer: T) => boolean = () => true,
  ): Promise<T | NotChecked> {
    if (host === undefined) return notChecked('the address is none of a repository on the web');
    const asked = byHost.get(host);
    if (asked === undefined) return notChecked(`no forge is configured for ${host}`);
    const answer = cache.ask(
      JSON.stringify(key),
      () => question(asked.forge).catch(failedToAsk),
      (found) => found.state === 'known' && isFinal(found),
    );
    return withinTime(answer, host, deps.answerMs ?? 15_000);
  }

  const hostOf = (uri: string): string | undefined => parseRepositoryUri(uri)?.host;
  return {
    repository: (uri) => ask(hostOf(uri), ['repository', uri], (forge) => forge.repository(uri)),
    commit: (uri, commit) => ask(hostOf(uri), ['commit', uri, commit], (forge) => forge.commit(uri, commit)),
    review: (uri, commit) => ask(hostOf(uri), ['review', uri, commit], (forge) => forge.review(uri, commit)),
    tags: (uri, names) => ask(hostOf(uri), ['tags', uri, ...names], (forge) => forge.tags(uri, names)),
    run: (uri) =>
      ask(
        parseRunUri(uri)?.host ?? hostOf(uri),
        ['run', uri],
        (forge) => forge.run(uri),
        (answer) => answer.conclusion !== 'running',
      ),
    close: () => {
      for (const { close } of byHost.values()) close();
    },
  };
}

/** An install waits for it. The question goes on, and its answer is there for the next one. */
async function withinTime<T>(answer: Promise<T>, host: string, ms: number): Promise<T | NotChecked> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<NotChecked>((resolve) => {
    timer = setTimeout(() => resolve(notChecked(`${host} did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function openOne({ host, kind, api, token }: ForgeSource, deps: ForgeDeps): Asked {
  if (kind === 'git' && api?.startsWith('file:') === true)
    return { forge: createGitForge(createFileRefs(api), host), close: () => undefined };
  const authorization =
    token === undefined
      ? undefined
      : kind === 'github'
        ? `Bearer ${token}`
        : `Basic ${Buffer.from(`x-access-token:${token}`, 'utf8').toString('base64')}`;
  const exchange = createForgeExchange(api ?? `https://${host}/`, authorization, deps);
  const forge =
    kind === 'github'
      ? createGithubForge(exchange, host, deps.clock)
      : createGitForge(createHttpsRefs(exchange), host);
  return { forge, close: exchange.close };
}
