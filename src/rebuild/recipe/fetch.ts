/** The fetch phase: a package manager beside the recording proxy. Only what the proxy recorded leaves it. */
import { join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import type { Workspace } from '../../core/sandbox.ts';
import type { BuildDeps } from './deps.ts';
import { readInside } from './inside-files.ts';
import { maxLockfileBytes } from './managers/lockfile.ts';
import { NotBuilt } from './not-built.ts';
import { lockfilePath, resolves } from './plan.ts';
import type { Recipe } from './recipe.ts';
import { openRecordingProxy, type Recorded } from './registry/proxy.ts';
import { storeBytes } from './store-bytes.ts';

/** The lockfile that the fetch phase made. */
export interface Resolution {
  readonly path: string;
  readonly digest: Sha256;
  readonly text: string;
}

export interface Fetched {
  readonly recorded: readonly Recorded[];
  readonly resolution: Resolution | undefined;
}

/** `run` starts the phase with the socket of its proxy, and throws NotBuilt. */
export async function fetchInputs(
  deps: BuildDeps,
  workspace: Workspace,
  recipe: Recipe,
  source: string,
  run: (socketPath: string) => Promise<void>,
): Promise<Fetched> {
  const { registry, blobs, clock } = deps;
  const { dependencies } = recipe;
  // A socket's path has room for some hundred characters.
  const socketPath = join(await workspace.folder('s'), 's');
  const before = dependencies.kind === 'resolve' ? dependencies.before : undefined;
  const proxy = await openRecordingProxy({ socketPath, registry, blobs, clock, before });
  try {
    await run(socketPath).catch((error: unknown) => {
      throw withRefusals(error, proxy.refused(), proxy.failures());
    });
    const resolution = resolves(recipe) ? await takeResolution(deps, recipe, source) : undefined;
    return { recorded: proxy.recorded(), resolution };
  } finally {
    await proxy.close();
  }
}

/** What the proxy did not give is mostly why a package manager failed; its own words are cut off at the end. */
function withRefusals(error: unknown, refused: readonly string[], failures: number): unknown {
  if (!(error instanceof NotBuilt) || refused.length === 0) return error;
  const cause = error.cause === 'dependencies' && failures > 0 ? 'fetch-failed' : error.cause;
  return new NotBuilt(cause, `${error.message}; not given: ${refused.slice(0, 3).join('; ')}`);
}

async function takeResolution(
  { blobs }: Pick<BuildDeps, 'blobs'>,
  recipe: Recipe,
  source: string,
): Promise<Resolution> {
  const path = lockfilePath(recipe);
  const text = await readInside(source, path, maxLockfileBytes);
  if (text === undefined)
    throw new NotBuilt('dependencies', `the package manager resolved, but left no ${path}`);
  return { path, text, digest: await storeBytes(blobs, text) };
}
