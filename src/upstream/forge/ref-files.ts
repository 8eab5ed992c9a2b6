/** The forms of git's files that hold refs: a loose ref, `packed-refs`, and a tag object. Pure. */
import { NoAnswer } from './not-checked.ts';
import { isObjectId } from './repository-uri.ts';
import type { Ref } from './pkt-line.ts';

/** Undefined for a symbolic ref, which is none of its own. Throws NoAnswer. */
export function readLooseRef(text: string): string | undefined {
  if (text.startsWith('ref: ')) return undefined;
  const id = text.replace(/\s+$/, '');
  if (!isObjectId(id)) throw new NoAnswer('a loose ref holds no object id');
  return id;
}

/**
 * `<id> <name>` lines, each perhaps followed by `^<id>`: what that annotated tag points at. Without the header's
 * `fully-peeled` (or `peeled`, for tags) a tag without such a line may still be an annotated one: that is no answer.
 */
export function readPackedRefs(text: string): readonly Ref[] {
  const lines = text.split('\n');
  const header = lines[0]?.startsWith('#') === true ? lines[0].split(' ') : [];
  const knowsPeeled = header.includes('fully-peeled') || header.includes('peeled');
  const refs: Ref[] = [];
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue;
    const last = refs.at(-1);
    if (line.startsWith('^')) {
      const peeled = line.slice(1);
      if (last === undefined || last.peeled !== undefined || !isObjectId(peeled)) throw malformed();
      refs[refs.length - 1] = { ...last, peeled };
      continue;
    }
    const [id = '', name = '', ...more] = line.split(' ');
    if (!isObjectId(id) || name === '' || more.length > 0) throw malformed();
    refs.push({ name, id, peeled: undefined });
  }
  if (!knowsPeeled && refs.some(({ name }) => name.startsWith('refs/tags/')))
    throw new NoAnswer('packed-refs does not say where annotated tags point');
  return refs;
}

/** Of an inflated loose object: where a tag points; undefined for an object that is no tag. Throws NoAnswer. */
export function readTagBytes(bytes: Uint8Array): { readonly kind: string; readonly id: string } | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  if (/^(?:commit|tree|blob) \d{1,12}\0/.test(text)) return undefined;
  const match = /^tag (\d{1,12})\0object ([0-9a-f]+)\ntype (commit|tag|tree|blob)\n/.exec(text);
  const [whole = '', size = '', id = '', kind = ''] = match ?? [];
  const isWhole = Number(size) === text.length - whole.indexOf('\0') - 1;
  if (match === null || !isObjectId(id) || !isWhole || kind === 'tree' || kind === 'blob')
    throw new NoAnswer('a tag object is none, or names no commit');
  return { kind, id };
}

function malformed(): NoAnswer {
  return new NoAnswer('packed-refs has a line that is none');
}
