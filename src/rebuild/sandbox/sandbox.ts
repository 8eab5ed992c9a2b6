/**
 * The one place where programs of strangers run: builds, their package managers, install scripts. Start here.
 * What a run may touch is its `RunSpec` (`core/sandbox.ts`), wholly; nothing of the host is inside but what is named there.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import type { IsolationReport } from '../../core/rebuild.ts';
import type { Sandbox } from '../../core/sandbox.ts';
import { findRunner, userOf, type SandboxOptions } from './machine.ts';
import { runOne } from './run.ts';
import { makeWorkspace } from './workspace.ts';

export interface MachineSandbox extends Sandbox {
  /** What was probed at the start. `none`: `run` refuses. */
  readonly isolation: IsolationReport;
}

/** Probes what this machine can do. Never throws for a weak machine: `isolation` says what is missing. */
export async function createSandbox(options: SandboxOptions): Promise<MachineSandbox> {
  const { isolation, runner } = await findRunner(options);
  const runsPath = join(options.directory, 'runs');
  return {
    isolation,
    workspace: async () => {
      await mkdir(runsPath, { recursive: true, mode: 0o711 });
      return makeWorkspace(runsPath, userOf(options));
    },
    run: async (spec) => {
      if (runner === undefined)
        throw new AssayError(
          'SANDBOX_UNAVAILABLE',
          `no sandbox on this machine: ${isolation.missing.join(' ')}`,
        );
      return runOne(runner, spec);
    },
  };
}
