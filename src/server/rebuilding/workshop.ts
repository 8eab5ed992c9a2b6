/**
 * The tools that builds share, opened with the first build: probing a machine and making base roots takes seconds, and most
 * starts of a gate build nothing.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import type { BaseRoot } from '../../rebuild/recipe/deps.ts';
import { openToolFolders, type ToolFolders } from '../../rebuild/recipe/tools.ts';
import { openBases, type Bases } from '../../rebuild/sandbox/bases.ts';
import { createSandbox, type MachineSandbox } from '../../rebuild/sandbox/sandbox.ts';
import type { Storage } from '../../storage/open.ts';

export interface Workshop {
  readonly sandbox: MachineSandbox;
  readonly bases: Bases;
  readonly tools: ToolFolders;
  readonly base: (packages: readonly string[], suite: string) => Promise<BaseRoot>;
}

export interface LazyWorkshop {
  readonly open: () => Promise<Workshop>;
  readonly close: () => Promise<void>;
}

/** What the sandbox's own relay to the one way out is linked to. */
const relay = ['libatomic1', 'libstdc++6'];

export function createWorkshop(directory: string, blobs: Storage['blobs']): LazyWorkshop {
  let opened: Promise<Workshop> | undefined;
  let own: string | undefined;

  async function open(): Promise<Workshop> {
    // Others must be able to enter it: builds run as a user of their own.
    await mkdir(directory, { recursive: true, mode: 0o711 });
    own = await mkdtemp(join(directory, 'gate-'));
    await chmod(own, 0o711);
    const sandbox = await createSandbox({ directory: own, clock: () => performance.now() });
    const bases = openBases({ directory: join(directory, 'bases') });
    const tools = openToolFolders({ sandbox, blobs });
    return {
      sandbox,
      bases,
      tools,
      base: async (packages, suite) => {
        const { path, digest } = await bases.base([...packages, ...relay], suite);
        return { path, digest: digest as Sha256, uri: `urn:assay:base:${suite}:${packages.join('+')}` };
      },
    };
  }

  return {
    open: () => {
      opened ??= open();
      opened.catch(() => (opened = undefined));
      return opened;
    },
    close: async () => {
      const shop = await opened?.catch(() => undefined);
      await shop?.tools.close();
      if (own !== undefined) await rm(own, { recursive: true, force: true });
    },
  };
}
