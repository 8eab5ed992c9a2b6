/** Sources in a git repository of this machine, and tarballs as their publisher packs them: for tests that build packages. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Path → text. */
export type Files = Readonly<Record<string, string>>;

/** A commit and a tag `v<version>` for each version, in their order; returns the commits. */
export async function repositoryOf<Version extends string>(
  folder: string,
  sources: Readonly<Record<Version, Files>>,
): Promise<Readonly<Record<Version, string>>> {
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
  const commits: [string, string][] = [];
  for (const [version, files] of Object.entries<Files>(sources)) {
    await written(folder, files);
    await git('add', '-A');
    await git('commit', '-q', '-m', version);
    await git('tag', `v${version}`);
    commits.push([version, await git('rev-parse', 'HEAD')]);
  }
  return Object.fromEntries(commits) as Record<Version, string>;
}

/** As the machine's npm packs them. */
export async function packedFiles(files: Files): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-packed-'));
  try {
    await written(folder, files);
    const { stdout } = await execute('npm', ['pack', '--json', '--ignore-scripts', '--offline'], {
      cwd: folder,
    });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    return await readFile(join(folder, filename));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function written(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
