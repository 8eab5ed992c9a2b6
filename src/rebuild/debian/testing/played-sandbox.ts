/** Builds of Debian packages without a sandbox: what it would run is played. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DebianRebuildDeps } from '../rebuild.ts';

/**
 * A source that was unpacked, a build that ended well and made `tiny-bin`, a program that inflates nothing. `folder`: for what
 * runs leave; `builtIn`: what a build makes in this base root.
 */
export function playedSandbox(
  folder: string,
  builtIn: (root: string) => Uint8Array,
): DebianRebuildDeps['sandbox'] {
  return {
    workspace: async () => {
      const path = await mkdtemp(join(folder, 'work-'));
      return {
        path,
        folder: async (name) => {
          await mkdir(join(path, name));
          return join(path, name);
        },
        give: () => Promise.resolve(),
        remove: () => rm(path, { recursive: true, force: true }),
      };
    },
    run: async ({ root, command, mounts }) => {
      const [from, to] = [mounts[0]?.from ?? '', mounts[1]?.from ?? ''];
      const [program, what] = command.slice(4);
      const end = {
        ended: 'exit',
        exitCode: 0,
        signal: undefined,
        output: '',
        cpuMs: undefined,
        peakBytes: undefined,
        wallMs: 1,
        clock: 'frozen',
      } as const;
      if (mounts[0]?.to === '/in') {
        if (program !== 'cat') return { ...end, exitCode: 1, output: 'no such compression' };
        await copyFile(join(from, what ?? ''), join(to, what ?? ''));
        return end;
      }
      if (program?.endsWith('.dsc') === true) return { ...end, output: 'assay-epoch 1700000000\n' };
      await mkdir(join(to, 'reproducible-path'));
      await writeFile(join(to, 'reproducible-path/tiny-bin_1.0-1_amd64.deb'), builtIn(root));
      return end;
    },
  };
}
