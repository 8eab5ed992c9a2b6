/** Files of a folder, for `assay scan <path>`: bounded, without what was installed into it, no link followed. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MemberLimits, MemberSink } from './tarball.ts';

const notOurs = new Set(['node_modules', '.git', '.hg', '.svn']);
const maxDepth = 64;

/** In the order of their names. Throws when there are more files or bytes than the limits allow. */
export function readFolder(root: string, limits: MemberLimits, sink: MemberSink): void {
  const waiting: { readonly path: string; readonly depth: number }[] = [{ path: '', depth: 0 }];
  let entries = 0;
  let total = 0;
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    for (const entry of readdirSync(join(root, at.path), { withFileTypes: true }).sort(byName)) {
      const path = at.path === '' ? entry.name : `${at.path}/${entry.name}`;
      entries += 1;
      if (entries > limits.entries) throw new Error(`the folder holds more than ${limits.entries} files`);
      if (entry.isDirectory()) {
        if (notOurs.has(entry.name)) continue;
        if (at.depth < maxDepth) waiting.push({ path, depth: at.depth + 1 });
        else sink.leftOut(path, 0, `deeper than ${maxDepth} folders`);
        continue;
      }
      if (!entry.isFile()) {
        sink.leftOut(path, 0, 'it is no regular file');
        continue;
      }
      const { size, mode } = lstatSync(join(root, path));
      total += size;
      if (total > limits.unpackedBytes)
        throw new Error(`the folder holds more than ${limits.unpackedBytes} bytes`);
      if (size > limits.memberBytes) sink.leftOut(path, size, `over ${limits.memberBytes} bytes`);
      else sink.file({ path, mode, bytes: readFileSync(join(root, path)) });
    }
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
