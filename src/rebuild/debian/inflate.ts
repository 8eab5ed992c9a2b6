/** Takes the compression off binary packages, in the sandbox: their compressors are parsers of hostile bytes. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveError } from './refusals.ts';
import { readDebParts, writePlainDeb, type Compression } from './deb.ts';
import type { RunLimits, Sandbox } from '../../core/sandbox.ts';
import type { OutputReader } from './deps.ts';

export interface InflateDeps {
  readonly sandbox: Sandbox;
  readonly outputs: OutputReader;
}

const mostPartBytes = 1024 ** 3;
const programs: Readonly<Record<Compression, string>> = {
  '': 'cat',
  '.gz': 'gzip',
  '.xz': 'xz',
  '.zst': 'zstd',
};
/** `$1`: the program; `$2`: the part. Options that all of them have. */
const script = 'case "$1" in cat) cat "/in/$2";; *) "$1" -d -c <"/in/$2";; esac >"/out/$2"';

const limits: RunLimits = {
  memoryBytes: 1024 ** 3,
  processes: 32,
  cpuSeconds: 300,
  wallMs: 10 * 60_000,
  diskBytes: 2 * mostPartBytes,
};

/** `root`: a base root with those programs. Throws DEBIAN_ARCHIVE_INVALID, SANDBOX_*, BUILD_OUTPUT_INVALID. */
export async function inflateDeb(
  { sandbox, outputs }: InflateDeps,
  root: string,
  deb: Uint8Array,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const parts = readDebParts(deb);
  const workspace = await sandbox.workspace();
  try {
    const [input, output] = [await workspace.folder('in'), await workspace.folder('out')];
    const inflated: Uint8Array[] = [];
    for (const name of ['control', 'data'] as const) {
      const { compression, bytes } = parts[name];
      await writeFile(join(input, name), bytes);
      await workspace.give(input);
      const end = await sandbox.run({
        root,
        mounts: [
          { from: input, to: '/in', writable: false },
          { from: output, to: '/out', writable: true },
        ],
        command: ['/bin/sh', '-euc', script, 'sh', programs[compression], name],
        cwd: '/',
        env: {},
        network: { kind: 'none' },
        sourceDateEpoch: 0,
        freezeClock: false,
        limits,
        ...(signal === undefined ? {} : { signal }),
      });
      if (end.ended !== 'exit' || end.exitCode !== 0)
        throw archiveError(
          `the ${name} part of a package cannot be inflated: ${end.output.trim().slice(-200)}`,
        );
      inflated.push(await outputs.read(output, name, mostPartBytes));
    }
    const [control = new Uint8Array(), data = new Uint8Array()] = inflated;
    return writePlainDeb(control, data);
  } finally {
    await workspace.remove();
  }
}
