/**
 * The tools that builds share, opened with the first build: probing a machine and making base roots takes seconds, and most
 * starts of a gate build nothing.
 */
import { join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import type { BaseRoot } from '../../rebuild/recipe/deps.ts';
import { openToolFolders, type ToolFolders } from '../../rebuild/recipe/tools.ts';
import { openBases, type Bases } from '../../rebuild/sandbox/bases.ts';
import { createSandbox, type MachineSandbox } from '../../rebuild/sandbox/sandbox.ts';
import type { IsolationReport } from '../../core/rebuild.ts';
import type { Storage } from '../../storage/open.ts';
import { makeOwnFolder, sweepOwnFolders, type OwnFolder } from './own-folder.ts';

export interface Workshop {
  readonly sandbox: MachineSandbox;
  readonly bases: Bases;
  readonly tools: ToolFolders;
  readonly base: (packages: readonly string[], suite: string) => Promise<BaseRoot>;
}

export interface LazyWorkshop {
  readonly open: () => Promise<Workshop>;
  /** What is opened next shares nothing with what was; builds that run go on with theirs. */
  readonly renew: () => void;
  /** As it was probed for the first build; undefined before that. */
  readonly isolation: () => IsolationReport | undefined;
  readonly close: () => Promise<void>;
}

/** What the sandbox's own relay to the one way out is linked to. */
const relay = ['libatomic1', 'libstdc++6'];

const prefix = 'gate-';
/** With all its phases. */
const longestBuildMs = 3 * 3_600_000;

interface Retired {
  readonly timer: NodeJS.Timeout;
  readonly remove: () => Promise<void>;
}

/** What a gate that was killed left in the directory is removed meanwhile: a build can leave many gigabytes. */
export function createWorkshop(directory: string, blobs: Storage['blobs']): LazyWorkshop {
  let opened: Promise<Workshop> | undefined;
  let own: OwnFolder | undefined;
  /** Those before it, which a build may still be in. */
  const retired = new Set<Retired>();
  let isolation: IsolationReport | undefined;
  // What could not be removed takes space and no more.
  const swept = sweepOwnFolders(directory, prefix).catch(() => 0);

  async function open(): Promise<Workshop> {
    own ??= makeOwnFolder(directory, prefix);
    const sandbox = await createSandbox({ directory: own.path, clock: () => performance.now() });
    ({ isolation } = sandbox);
    const bases = openBases({ directory: join(directory, 'bases') });
    const tools = openToolFolders({ sandbox, blobs });
    return {
      sandbox,
      bases,
      tools,
      base: async (packages, suite) => {
        const made = await bases.base([...packages, ...relay], suite);
        return {
          path: made.path,
          digest: made.digest as Sha256,
          uri: `urn:assay:base:${suite}:${packages.join('+')}`,
          packages: made.packages.map((one) => `${one.name} ${one.version} ${one.architecture}`).sort(),
        };
      },
    };
  }

  function retire(): Pick<Retired, 'remove'> {
    const [shop, folder] = [opened, own];
    [opened, own] = [undefined, undefined];
    return {
      remove: async () => {
        const tools = (await shop?.catch(() => undefined))?.tools;
        await tools?.close();
        await folder?.remove();
      },
    };
  }

  return {
    open: () => {
      opened ??= open();
      const now = opened;
      now.catch(() => (opened = opened === now ? undefined : opened));
      return now;
    },
    renew: () => {
      const old = retire();
      const timer = setTimeout(() => void old.remove().catch(() => undefined), longestBuildMs);
      timer.unref();
      retired.add({ ...old, timer });
    },
    isolation: () => isolation,
    close: async () => {
      for (const { timer, remove } of retired) {
        clearTimeout(timer);
        await remove();
      }
      await retire().remove();
      await swept;
    },
  };
}
