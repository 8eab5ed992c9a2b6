/**
 * Refs of a repository on this machine, bare or with a work tree, read from its files (gitrepository-layout): loose refs,
 * `packed-refs`, and for a loose annotated tag its loose object. No git is run. What only a pack could tell is no answer.
 */
import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { tooManyRefs, type RefSource } from './git.ts';
import { NoAnswer } from './not-checked.ts';
import { readLooseRef, readPackedRefs, readTagBytes } from './ref-files.ts';
import type { Ref } from './pkt-line.ts';

const packedBytes = 16 * 1024 * 1024;
const tagBytes = 256 * 1024;
const maxLooseRefs = 20_000;
const maxDepth = 10;
const maxPeels = 5;

const inflated = promisify(inflate);

/** `base`: a file URL that ends with `/`; no repository outside it is read, whatever links lie in it. */
export function createFileRefs(base: string): RefSource {
  async function refsOf(
    path: readonly string[],
    loose: (repository: string) => Promise<readonly Ref[]>,
  ): Promise<readonly Ref[] | undefined> {
    const repository = await findRepository(fileURLToPath(base), path);
    if (repository === undefined) return undefined;
    if (await isThere(join(repository, 'reftable'))) throw new NoAnswer('its refs are kept in a reftable');
    const packed = await readSmall(join(repository, 'packed-refs'), packedBytes);
    const inFiles = await loose(repository);
    // A loose ref is newer than the packed one of its name.
    const hidden = new Set(inFiles.map(({ name }) => name));
    const rest = packed === undefined ? [] : readPackedRefs(packed.toString('utf8'));
    return [...inFiles, ...rest.filter(({ name }) => !hidden.has(name))];
  }

  return {
    tags: (path, names) =>
      refsOf(path, async (repository) => {
        const found: Ref[] = [];
        for (const name of names) {
          const id = await looseId(repository, name);
          if (id !== undefined) found.push({ name, id, peeled: await peel(repository, id) });
        }
        return found;
      }),
    tips: (path) => refsOf(path, looseTips),
  };
}

/** Undefined: none there. The folder's real place must lie below the base. */
async function findRepository(base: string, path: readonly string[]): Promise<string | undefined> {
  const named = join(base, ...path);
  for (const candidate of [`${named}.git`, named, join(named, '.git')]) {
    const real = await realpath(candidate).catch(() => undefined);
    if (real === undefined || !real.startsWith(`${(await realpath(base)).replace(/\/$/, '')}${sep}`))
      continue;
    if ((await isThere(join(real, 'HEAD'))) && (await isThere(join(real, 'objects')))) return real;
  }
  return undefined;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Undefined when there is no such file, or it is none. Throws NoAnswer for one that is too large. */
async function readSmall(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw new NoAnswer(`a file of the repository cannot be read (${error.code ?? 'unknown'})`);
    },
  );
  if (handle === undefined) return undefined;
  try {
    const info = await handle.stat();
    if (info.isDirectory()) return undefined;
    if (!info.isFile() || info.size > maxBytes) throw new NoAnswer('a file of the repository is too large');
    const bytes = Buffer.alloc(info.size);
    const { bytesRead } = await handle.read(bytes, 0, info.size, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function looseId(repository: string, name: string): Promise<string | undefined> {
  const bytes = await readSmall(join(repository, name), 1024);
  return bytes === undefined ? undefined : readLooseRef(bytes.toString('utf8'));
}

async function looseTips(repository: string): Promise<readonly Ref[]> {
  const found: Ref[] = [];
  for (const folder of ['refs/heads', 'refs/tags']) {
    for (const name of await namesBelow(repository, folder, maxDepth)) {
      if (found.length >= maxLooseRefs) throw tooManyRefs();
      const id = await looseId(repository, name);
      // An annotated tag is peeled as far as loose objects go: what is not seen is not taken for the commit.
      if (id !== undefined)
        found.push({ name, id, peeled: await peel(repository, id).catch(() => undefined) });
    }
  }
  return found;
}

async function namesBelow(repository: string, folder: string, depth: number): Promise<readonly string[]> {
  if (depth === 0) return [];
  const entries = await readdir(join(repository, folder), { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries.slice(0, maxLooseRefs)) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) names.push(...(await namesBelow(repository, name, depth - 1)));
    else if (entry.isFile()) names.push(name);
    if (names.length > maxLooseRefs) throw tooManyRefs();
  }
  return names;
}

/** The commit a tag object finally names; undefined when the object is a commit. Throws NoAnswer when it lies in a pack. */
async function peel(repository: string, start: string): Promise<string | undefined> {
  let id = start;
  for (let peeled = 0; peeled <= maxPeels; peeled += 1) {
    const packed = await readSmall(join(repository, 'objects', id.slice(0, 2), id.slice(2)), tagBytes);
    if (packed === undefined) throw new NoAnswer('a tag lies in a pack, which is not read');
    const next = await tagTarget(packed);
    if (next === undefined) return id === start ? undefined : id;
    id = next.id;
    if (next.kind === 'commit') return id;
  }
  throw new NoAnswer('a tag is a tag of tags without end');
}

async function tagTarget(packed: Buffer): Promise<ReturnType<typeof readTagBytes>> {
  try {
    return readTagBytes(await inflated(packed, { maxOutputLength: tagBytes * 8 }));
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    throw new NoAnswer('an object of the repository cannot be read');
  }
}
