/** What `git ls-remote --symref` says. Pure; bounded by the text it is given. */
import { isObjectName } from '../tag-names.ts';

export interface RemoteRefs {
  /** `refs/heads/main`; undefined where the remote names none. */
  readonly defaultBranch: string | undefined;
  /** Full names to commits; annotated tags peeled. */
  readonly branches: ReadonlyMap<string, string>;
  /** Names without `refs/tags/`. */
  readonly tags: ReadonlyMap<string, string>;
  /** Lines that were none, or names that git does not allow. */
  readonly unread: number;
}

const refName = /^refs\/(?:heads|tags)\/[^\s~^:?*[\\]{1,500}$/;

/** `ref: refs/heads/main\tHEAD`, `<name>\t<ref>`, and `<name>\t<ref>^{}` after an annotated tag. */
export function readRemoteRefs(text: string): RemoteRefs {
  const branches = new Map<string, string>();
  const tags = new Map<string, string>();
  let defaultBranch: string | undefined;
  let unread = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const symbolic = /^ref: (refs\/heads\/[^\t]{1,500})\tHEAD$/.exec(line)?.[1];
    if (symbolic !== undefined) {
      if (refName.test(symbolic)) defaultBranch = symbolic;
      continue;
    }
    const tab = line.indexOf('\t');
    const name = line.slice(0, tab);
    const ref = line.slice(tab + 1);
    const peeled = ref.endsWith('^{}');
    const plain = peeled ? ref.slice(0, -3) : ref;
    if (tab === -1 || !isObjectName(name)) unread += 1;
    else if (refName.test(plain) && !plain.includes('..')) {
      if (plain.startsWith('refs/tags/')) tags.set(plain.slice('refs/tags/'.length), name);
      else if (!peeled) branches.set(plain, name);
    } else if (ref !== 'HEAD' && !ref.startsWith('refs/')) unread += 1;
  }
  return { defaultBranch, branches, tags, unread };
}
