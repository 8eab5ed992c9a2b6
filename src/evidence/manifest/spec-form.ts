/**
 * One form for the ways to write a dependency on a repository at a known forge. npm rewrites them when it
 * publishes (hosted-git-info), other publishers and mirrors do not; all of them name the same repository.
 * Anything else is only trimmed.
 */

const forges: ReadonlyMap<string, string> = new Map([
  ['github.com', 'github'],
  ['www.github.com', 'github'],
  ['gitlab.com', 'gitlab'],
  ['www.gitlab.com', 'gitlab'],
  ['bitbucket.org', 'bitbucket'],
  ['www.bitbucket.org', 'bitbucket'],
]);

const repository = /^([\w.-]+)\/([\w.-]+?)(?:\.git)?(?:#(.*))?$/;
const url = /^(?:git\+)?(?:https?|git|ssh|git\+ssh):\/\/(?:[^@/\s]*@)?([\w.-]+)(?::\d+)?[/:](.+)$/;
const scp = /^(?:git\+ssh:\/\/)?git@([\w.-]+):(.+)$/;

export function specForm(spec: string): string {
  const text = spec.trim();
  if (text.length > 2048) return text;
  const short = /^(github|gitlab|bitbucket):(.+)$/.exec(text);
  if (short !== null) return formOf(short[1], short[2]) ?? text;
  if (repository.test(text) && !text.startsWith('.') && !text.startsWith('~'))
    return formOf('github', text) ?? text;
  const located = url.exec(text) ?? scp.exec(text);
  return formOf(forges.get(located?.[1]?.toLowerCase() ?? ''), located?.[2]) ?? text;
}

function formOf(forge: string | undefined, path: string | undefined): string | undefined {
  const match = repository.exec(path ?? '');
  if (forge === undefined || match === null) return undefined;
  const commit = match[3] === undefined || match[3] === '' ? '' : `#${match[3]}`;
  return `${forge}:${match[1]}/${match[2]}${commit}`;
}
