/** A package with its source in a git repository of this machine, and what was published of it: for tests that build it. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';

const execute = promisify(execFile);

export const name = '@built/tool';

export const source: Readonly<Record<string, string>> = {
  'package.json': `${JSON.stringify({ name, version: '1.0.0', main: 'index.js', bin: 'cli.js', files: ['index.js', 'cli.js'] }, null, 2)}\n`,
  'index.js': "'use strict';\nmodule.exports = function add(a, b) {\n  return a + b;\n};\n",
  'cli.js': "#!/usr/bin/env node\nconsole.log(require('./index.js')(1, 2));\n",
  'README.md': '# tool\n',
};

export function manifestOf(version: string): string {
  return (source['package.json'] ?? '').replace('"1.0.0"', `"${version}"`);
}

/** Two commits with their tags; returns the commit of each version. */
export async function madeRepository(folder: string): Promise<Readonly<Record<string, string>>> {
  const date = '1651406400 +0000';
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
  };
  const git = async (...args: readonly string[]): Promise<string> => {
    const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
    const { stdout } = await execute('git', [...who, ...args], { cwd: folder, env });
    return stdout.trim();
  };
  await mkdir(folder, { recursive: true });
  await git('init', '-q', '-b', 'main');
  const commits: Record<string, string> = {};
  for (const version of ['1.0.0', '1.0.1']) {
    for (const [path, text] of Object.entries({ ...source, 'package.json': manifestOf(version) })) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await git('add', '-A');
    await git('commit', '-q', '-m', version);
    await git('tag', `v${version}`);
    commits[version] = await git('rev-parse', 'HEAD');
  }
  return commits;
}

/** As a publisher packs it who compresses it otherwise than npm does here; a poisoned one has a line of its own. */
export async function packed(version: string, poisoned: boolean): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-packed-'));
  try {
    for (const [path, text] of Object.entries({ ...source, 'package.json': manifestOf(version) })) {
      const evil = text.replace('return a + b;', 'if (a === 1337) return b;\n  return a + b;');
      await writeFile(join(folder, path), poisoned && path === 'index.js' ? evil : text);
    }
    const { stdout } = await execute('npm', ['pack', '--json', '--ignore-scripts', '--offline'], {
      cwd: folder,
    });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    return gzipSync(gunzipSync(await readFile(join(folder, filename))), { level: 1 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
