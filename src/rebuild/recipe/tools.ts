/** Node, npm, pnpm and Yarn of a recipe: fetched as npm packages, pinned by digest, unpacked once per process. */
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import semver from 'semver';
import {
  integrityOf,
  parseIntegrity,
  type ArtifactDigests,
  type ClaimedDigest,
  type Sha256,
} from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { NotBuiltCause } from '../../core/rebuild.ts';
import { isJsonObject, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import type { Sandbox, Workspace } from '../../core/sandbox.ts';
import type { Admitted, BaseRoot, BuildDeps } from './deps.ts';
import { readInside } from './inside-files.ts';
import { utilityRun } from './limits.ts';
import { managerOf } from './managers/managers.ts';
import { NotBuilt } from './not-built.ts';
import { refuseItself } from './not-itself.ts';
import { commitVariable, places, quietFolder } from './plan.ts';
import type { Recipe, Tool, Toolchain } from './recipe.ts';
import { showIndex, type ListedFile } from './registry/index-document.ts';

export interface FetchedTool {
  readonly tool: Tool;
  readonly uri: string;
  readonly artifact: ArtifactDigests;
  readonly admitted: Admitted;
}

export interface FetchedToolchain {
  readonly node: FetchedTool;
  readonly npm: FetchedTool;
  readonly manager: FetchedTool | undefined;
}

const maxIndexBytes = 128 * 1024 ** 2;

/**
 * The recipe with the integrity of every tool, and the tools' bytes as blobs. Not every release of Node is a package for
 * every machine: for one that was only inferred, the nearest of its line stands in, and in the recipe.
 * @throws BUILD_INPUT_REFUSED; UPSTREAM_*; INDEX_VERSION_ABSENT; UPSTREAM_DIGEST_MISMATCH for other bytes than the recipe names
 */
export async function pinTools(
  deps: Pick<BuildDeps, 'registry' | 'blobs'>,
  recipe: Recipe,
): Promise<{ readonly recipe: Recipe; readonly tools: FetchedToolchain }> {
  const { toolchain, author } = recipe;
  const tools = await fetchTools(deps, toolchain, author.kind === 'inferred');
  const [node, npm] = [tools.node.tool, tools.npm.tool];
  for (const one of [node, npm, tools.manager?.tool])
    if (one !== undefined) refuseItself(recipe.purl, { name: one.package, version: one.version });
  const pinned: Toolchain = { ...toolchain, node, npm, managerTool: tools.manager?.tool };
  return { recipe: { ...recipe, toolchain: pinned }, tools };
}

/** `orNearest`: where that Node is no package, the nearest of its line. Throws as `pinTools`. */
export async function fetchTools(
  deps: Pick<BuildDeps, 'registry' | 'blobs'>,
  { node, npm, managerTool }: Pick<Toolchain, 'node' | 'npm' | 'managerTool'>,
  orNearest: boolean,
): Promise<FetchedToolchain> {
  return {
    node: await fetchTool(deps, node, orNearest),
    npm: await fetchTool(deps, npm, false),
    manager: managerTool === undefined ? undefined : await fetchTool(deps, managerTool, false),
  };
}

async function fetchTool(
  { registry, blobs }: Pick<BuildDeps, 'registry' | 'blobs'>,
  tool: Tool,
  orNearest: boolean,
): Promise<FetchedTool> {
  const found = await registry.index(tool.package);
  const bytes = found === undefined ? undefined : await blobs.read(found.body, maxIndexBytes);
  const files =
    bytes === undefined ? new Map<string, ListedFile>() : showIndex(bytes, tool.package, undefined).files;
  const version =
    orNearest && tool.integrity === undefined ? nearest(tool.version, [...files.keys()]) : tool.version;
  const listed = files.get(version);
  if (listed === undefined)
    throw new AssayError(
      'INDEX_VERSION_ABSENT',
      `${tool.package} ${tool.version}, a tool of the recipe, is not in the registry`,
    );
  const pinned: readonly ClaimedDigest[] = parseIntegrity(tool.integrity ?? '');
  const of = { name: tool.package, version };
  const { uri, artifact, ...admitted } = await registry.file(listed.uri, [...listed.claims, ...pinned], of);
  return { tool: { ...tool, version, integrity: integrityOf(artifact.sha512) }, uri, artifact, admitted };
}

/** The version itself; else the next older one of the same major, else the next newer one. */
export function nearest(wanted: string, versions: readonly string[]): string {
  if (versions.includes(wanted)) return wanted;
  const line = versions
    .filter((one) => semver.valid(one) !== null && semver.prerelease(one) === null)
    .filter((one) => semver.major(one) === semver.major(wanted))
    .sort(semver.compare);
  return line.findLast((one) => semver.lt(one, wanted)) ?? line[0] ?? wanted;
}

// ---- unpacked ----

export interface ToolFolders {
  /** A folder of the host with what is in the tool's tarball; the same bytes are unpacked once. */
  readonly of: (tool: FetchedTool, base: BaseRoot) => Promise<string>;
  /** A folder with the programs' names, for the PATH inside. */
  readonly bin: (recipe: Recipe, tools: FetchedToolchain, base: BaseRoot) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Longer than a build can take with all its phases: a folder that was asked for before is not in use. */
const inUseMs = 3 * 3_600_000;
/** An unpacked Node has some hundred megabytes. */
const mostFolders = 16;

interface Folder {
  readonly path: Promise<string>;
  readonly remove: () => Promise<void>;
  usedAt: number;
}

export function openToolFolders(
  deps: Pick<BuildDeps, 'sandbox' | 'blobs'>,
  monotonicMs: () => number = () => performance.now(),
): ToolFolders {
  const folders = new Map<string, Folder>();
  const once = (key: string, make: (workspace: Workspace) => Promise<string>): Promise<string> => {
    const known = folders.get(key);
    if (known !== undefined) {
      known.usedAt = monotonicMs();
      return known.path;
    }
    const workspace = deps.sandbox.workspace();
    const path = workspace.then(make);
    const remove = (): Promise<void> => removeQuietly(path, workspace);
    folders.set(key, { path, remove, usedAt: monotonicMs() });
    path.catch(() => {
      folders.delete(key);
      void remove();
    });
    removeUnused();
    return path;
  };
  const removeUnused = (): void => {
    const unused = [...folders]
      .filter(([, { usedAt }]) => monotonicMs() - usedAt > inUseMs)
      .sort(([, a], [, b]) => a.usedAt - b.usedAt)
      .slice(0, Math.max(0, folders.size - mostFolders));
    for (const [key, { remove }] of unused) {
      folders.delete(key);
      void remove();
    }
  };
  const of: ToolFolders['of'] = ({ artifact }, base) =>
    once(`${base.digest} ${artifact.sha256}`, (workspace) => unpack(deps, workspace, artifact.sha256, base));
  return {
    of,
    bin: async ({ toolchain }, tools, base) => {
      const npm = await programs(await of(tools.npm, base), ['npm', 'npx']);
      const other =
        tools.manager === undefined ? [] : await managerPrograms(tools.manager, of, base, toolchain);
      const all: Programs = [...npm.map(byNode(places.npm)), ...other];
      return once(JSON.stringify(all), (workspace) => writePrograms(workspace, all));
    },
    close: async () => {
      const all = [...folders.values()];
      folders.clear();
      await Promise.all(all.map(({ remove }) => remove()));
    },
  };
}

/** After what is written there is written; a folder that cannot be removed stays until the sandbox's own is. */
async function removeQuietly(path: Promise<string>, workspace: Promise<Workspace>): Promise<void> {
  await path.catch(() => undefined);
  await workspace.then(({ remove }) => remove()).catch(() => undefined);
}

/** Name, and the words of what it runs. */
type Programs = readonly (readonly [string, string])[];

function byNode(place: string): (entry: readonly [string, string]) => readonly [string, string] {
  return ([name, path]) => [name, `${places.node}/bin/node ${place}/${path}`];
}

async function managerPrograms(
  tool: FetchedTool,
  of: ToolFolders['of'],
  base: BaseRoot,
  { manager }: Toolchain,
): Promise<Programs> {
  const { program, binary } = managerOf(manager);
  if (binary !== undefined) return [[program, `${places.manager}/${binary}`]];
  return (await programs(await of(tool, base), [program])).map(byNode(places.manager));
}

/** Of a tool's own `bin`. Throws INDEX_VERSION_ABSENT when it has no such program. */
async function programs(
  folder: string,
  names: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const text = await readInside(folder, 'package.json', 1024 ** 2);
  const manifest = parsed(text ?? '');
  const bin = manifest === undefined ? undefined : ownObject(manifest, 'bin');
  return names.map((name) => {
    const path = (bin === undefined ? undefined : ownString(bin, name))?.replace(/^\.\//, '');
    if (path === undefined || !/^[\w.-]+(?:\/[\w.-]+)*$/.test(path) || path.includes('..'))
      throw new AssayError('INDEX_VERSION_ABSENT', `a tool of the recipe has no program ${name}`);
    return [name, path];
  });
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A source has no `.git`: what builds mostly ask of it, the commit, is answered from the recipe. */
const gitProgram = `#!/bin/sh
[ -x /usr/bin/git ] && exec /usr/bin/git "$@"
[ -n "\${${commitVariable}:-}" ] || exit 128
case "$*" in
  'rev-parse HEAD') echo "$${commitVariable}" ;;
  'rev-parse --short HEAD') printf '%.7s\\n' "$${commitVariable}" ;;
  *) exit 128 ;;
esac
`;

async function writePrograms(workspace: Workspace, all: Programs): Promise<string> {
  const folder = await workspace.folder('bin');
  await symlink(`${places.node}/bin/node`, join(folder, 'node'));
  for (const [name, words] of all) {
    const text = `#!/bin/sh\nexec ${words} "$@"\n`;
    await writeFile(join(folder, name), text, { mode: 0o755 });
  }
  await writeFile(join(folder, 'git'), gitProgram, { mode: 0o755 });
  await mkdir(join(folder, quietFolder));
  await writeFile(join(folder, quietFolder, 'sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  await workspace.give(folder);
  return folder;
}

async function unpack(
  deps: Pick<BuildDeps, 'sandbox' | 'blobs'>,
  workspace: Workspace,
  digest: Sha256,
  base: BaseRoot,
): Promise<string> {
  const out = await workspace.folder('out');
  await unpackInside(deps, workspace, digest, base, {
    out,
    strip: 1,
    given: 'archive',
    broken: 'fetch-failed',
  });
  return out;
}

export interface Unpacking {
  readonly out: string;
  /** Leading folders that are left away. */
  readonly strip: number;
  /** Name of the folder of the workspace in which the archive is given to the run. */
  readonly given: string;
  /** What it means when it is no archive. */
  readonly broken: NotBuiltCause;
  readonly signal?: AbortSignal | undefined;
  /** Lines of the shell that run behind it, and a folder at `/also` for what they write. */
  readonly also?: { readonly script: string; readonly folder: string };
}

/**
 * `tar` of the base unpacks in a sandbox: nothing of an archive is ever written by Assay itself.
 * @throws NotBuilt; BLOB_MISSING, SANDBOX_*
 */
export async function unpackInside(
  { sandbox, blobs }: { readonly sandbox: Sandbox; readonly blobs: BuildDeps['blobs'] },
  workspace: Workspace,
  digest: Sha256,
  base: BaseRoot,
  to: Unpacking,
): Promise<void> {
  const path = await blobs.path(digest);
  if (path === undefined) throw new AssayError('BLOB_MISSING', `an input of the build is gone: ${digest}`);
  // Blobs are closed to the uid of the runs.
  const given = await workspace.folder(to.given);
  await copyFile(path, join(given, 'archive'));
  await workspace.give(given);
  const script =
    `tar -xf /archive/archive -C /out --strip-components=${to.strip} --no-same-owner --no-same-permissions\n` +
    `chmod -R u+rwX,go+rX /out\n${to.also?.script ?? ''}`;
  const result = await sandbox.run({
    ...utilityRun,
    root: base.path,
    mounts: [
      { from: given, to: '/archive', writable: false },
      { from: to.out, to: '/out', writable: true },
      ...(to.also === undefined ? [] : [{ from: to.also.folder, to: '/also', writable: true }]),
    ],
    command: ['/bin/sh', '-euc', script],
    ...(to.signal === undefined ? {} : { signal: to.signal }),
  });
  if (result.ended === 'cancelled') throw new NotBuilt('cancelled', 'cancelled');
  if (result.ended !== 'exit' || result.exitCode !== 0)
    throw new NotBuilt(to.broken, `an archive could not be unpacked: ${result.output.slice(-300)}`);
}
