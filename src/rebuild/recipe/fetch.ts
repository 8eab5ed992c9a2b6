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
import { openRecordingProxy, type Recorded, type RecordingProxy } from './registry/proxy.ts';
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
  /** Sentences: what was not let in, and the package manager did without. */
  readonly barred: readonly string[];
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
  const proxy = await openRecordingProxy({
    socketPath,
    registry,
    blobs,
    clock,
    before,
    built: recipe.purl,
  });
  try {
    await run(socketPath).catch((error: unknown) => {
      throw withRefusals(error, proxy);
    });
    const resolution = resolves(recipe) ? await takeResolution(deps, recipe, source) : undefined;
    return { recorded: proxy.recorded(), resolution, barred: proxy.barred() };
  } finally {
    await proxy.close();
  }
}

/** What the proxy did not give is mostly why a package manager failed; its own words are cut off at the end. */
function withRefusals(
  error: unknown,
  proxy: Pick<RecordingProxy, 'refused' | 'barred' | 'failures'>,
): unknown {
  if (!(error instanceof NotBuilt)) return error;
  const [refused, barred] = [proxy.refused(), proxy.barred()];
  // Asking again changes nothing about what policy does not let in.
  if (error.cause === 'dependencies' && barred.length > 0)
    return new NotBuilt('dependencies', barredWords(barred));
  if (refused.length === 0) return error;
  const cause = error.cause === 'dependencies' && proxy.failures() > 0 ? 'fetch-failed' : error.cause;
  const message = `${error.message}; not given: ${refused.slice(0, 3).join('; ')}`;
  return new NotBuilt(cause, message, error.lockfileUnfit);
}

function barredWords(barred: readonly string[]): string {
  const more = barred.length > 2 ? ` (and ${barred.length - 2} more)` : '';
  return `${barred.slice(0, 2).join('; ')}${more}`;
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
