/** Git run on this machine instead of in the sandbox, with the same configuration: for repositories that the tests made. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitAccess } from '../deps.ts';
import { gitConfig, gitEnvironment } from '../git/config.ts';

export function gitHere(steps: string[] = []): GitAccess {
  return {
    open: async (remote) => {
      const top = await mkdtemp(join(tmpdir(), 'assay-git-'));
      const path = join(top, 'git');
      const config = join(top, 'config');
      await mkdir(path);
      await writeFile(config, gitConfig({}));
      const env = {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: '/nonexistent',
        ...gitEnvironment(remote.kind, { config }),
      };
      return {
        path,
        url: remote.kind === 'file' ? `file://${remote.path}` : remote.url,
        run: ({ script, args }) =>
          new Promise((resolve, reject) => {
            steps.push(script);
            const child = spawn('/bin/sh', ['-euc', script, 'sh', ...args], {
              cwd: path,
              env,
              stdio: ['ignore', 'pipe', 'pipe'],
            });
            let output = '';
            child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
            child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
            child.on('error', reject);
            child.on('close', (code) => resolve({ ended: 'exit', exitCode: code ?? undefined, output }));
          }),
        remove: () => rm(top, { recursive: true, force: true }),
      };
    },
  };
}
