/** Names that many use, as a JSON array of texts: no signature and no order are read into it. */
import { AssayError } from '../core/errors.ts';

const mostNames = 200_000;

/** Throws FEED_UNREADABLE: a name that is passed over would look like one that nobody uses. */
export function parsePopularNames(text: string): ReadonlySet<string> {
  const list = jsonOf(text);
  if (!Array.isArray(list) || list.length === 0) throw unreadable('it is no list, or an empty one');
  if (list.length > mostNames) throw unreadable(`it has more than ${mostNames} names`);
  const names = new Set<string>();
  for (const [at, name] of (list as readonly unknown[]).entries()) {
    if (typeof name !== 'string' || !/^[^\s\p{C}]{1,214}$/u.test(name))
      throw unreadable(`entry ${at} is no name of a package`);
    names.add(name);
  }
  return names;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable('it is no JSON');
  }
}

function unreadable(why: string): AssayError {
  return new AssayError('FEED_UNREADABLE', `the list of popular names cannot be used: ${why}`);
}
