/**
 * Base roots: small Debian systems, made by mmdebstrap from the archive that the machine's own apt knows and verifies,
 * named by the SHA-256 of their tar. The same packages give the same digest, every time, on every machine.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lchown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AssayError } from '../../core/errors.ts';
import { treeDigest } from './base-tree.ts';
import { withLock } from './lock.ts';
import { userOf } from './machine.ts';
import { runProgram } from './programs.ts';
import type { SandboxOptions } from './machine.ts';
import { removeTree, type User } from './workspace.ts';

export interface BasesOptions extends Pick<SandboxOptions, 'directory' | 'uid' | 'gid'> {
  /** One-line or deb822 sources, or base URLs, as mmdebstrap takes them. Default: what the machine's apt has of Debian. */
  readonly mirrors?: readonly string[];
  /** For example the proxy that the machine's apt is reached by. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Base {
  /** Read-only for runs; give it as `root`. */
  readonly path: string;
  /** Hex SHA-256 of its tar. */
  readonly digest: string;
  /** What is installed in it, sorted by name: `libc6 2.36-9+deb12u10 amd64`. */
  readonly packages: readonly InstalledPackage[];
}

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

export interface Bases {
  /**
   * The base with these packages over Debian's essential ones: made once, then kept.
   * @throws BASE_UNAVAILABLE
   */
  readonly base: (packages: readonly string[], suite: string) => Promise<Base>;
}

const recordSchema = z.object({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  tree: z.string().regex(/^[0-9a-f]{64}$/),
  packages: z
    .array(z.object({ name: z.string(), version: z.string(), architecture: z.string() }))
    .max(20_000),
});
type BaseRecord = z.infer<typeof recordSchema>;

/** Changes when what is made of the same packages changes. */
const recipeVersion = 1;
/** Seconds: the time of every file in a base that a program made anew. */
const sourceDateEpoch = 946_684_800;
const makeMs = 30 * 60_000;

export function openBases(options: BasesOptions): Bases {
  const made = new Map<string, Promise<Base>>();
  return {
    base: (packages, suite) => {
      const wanted = [...new Set(packages)].sort();
      const key = keyOf(wanted, suite, options.mirrors ?? []);
      const promise = made.get(key) ?? openBase(options, key, wanted, suite);
      made.set(key, promise);
      // A failure is tried anew the next time.
      promise.catch(() => made.delete(key));
      return promise;
    },
  };
}

function keyOf(packages: readonly string[], suite: string, mirrors: readonly string[]): string {
  const text = JSON.stringify([recipeVersion, process.arch, suite, packages, mirrors]);
  return createHash('sha256').update(text).digest('hex');
}

async function openBase(
  options: BasesOptions,
  key: string,
  packages: readonly string[],
  suite: string,
): Promise<Base> {
  const folder = join(options.directory, 'bases');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const recordPath = join(folder, `${key}.json`);
  return withLock(join(folder, `${key}.lock`), async () => {
    const record = await readRecord(recordPath);
    if (record !== undefined) {
      const path = join(folder, record.digest);
      // What runs inside cannot write here; this notices what did in some other way.
      if ((await treeDigest(path)) === record.tree)
        return { path, digest: record.digest, packages: record.packages };
    }
    return makeBase(options, folder, recordPath, packages, suite);
  });
}

async function readRecord(path: string): Promise<BaseRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function makeBase(
  options: BasesOptions,
  folder: string,
  recordPath: string,
  packages: readonly string[],
  suite: string,
): Promise<Base> {
  for (const name of [...packages, suite])
    if (!/^[a-z0-9][a-z0-9+.:=~_-]*$/i.test(name)) fail(`${JSON.stringify(name)} is no package or suite`);
  const user = userOf(options);
  const work = join(folder, `making-${randomUUID()}`);
  await mkdir(work, { mode: 0o755 });
  try {
    const tar = join(work, 'base.tar');
    await makeTar(options, tar, packages, suite);
    const digest = await digestOf(tar);
    const root = join(work, 'root');
    await unpack(tar, root, user);
    const record: BaseRecord = {
      digest,
      tree: (await treeDigest(root)) ?? '',
      packages: installedIn(await readFile(join(root, 'var/lib/dpkg/status'), 'utf8')),
    };
    const path = join(folder, digest);
    // Damaged, or made by another process just now: then it is the same.
    if ((await treeDigest(path)) !== record.tree) {
      await removeTree(path);
      await rename(root, path);
    }
    await writeFile(join(work, 'record'), JSON.stringify(record));
    await rename(join(work, 'record'), recordPath);
    return { path, digest, packages: record.packages };
  } finally {
    await removeTree(work);
  }
}

/** Nothing of this machine stays in it: not its name, its resolver, nor where it takes packages from. */
const hooks = [
  'rm -f "$1/etc/apt/sources.list" "$1"/etc/apt/sources.list.d/* "$1/etc/resolv.conf" "$1/etc/hostname" "$1/etc/hosts" "$1/etc/machine-id"',
  ': >"$1/etc/resolv.conf"; echo localhost >"$1/etc/hostname"; echo "127.0.0.1 localhost" >"$1/etc/hosts"; : >"$1/etc/machine-id"; chmod 0644 "$1/etc/resolv.conf" "$1/etc/hostname" "$1/etc/hosts" "$1/etc/machine-id"',
];

async function makeTar(
  options: BasesOptions,
  tar: string,
  packages: readonly string[],
  suite: string,
): Promise<void> {
  const mirrors = options.mirrors ?? (await mirrorsOfApt(suite, options.env));
  const result = await runProgram(
    [
      'mmdebstrap',
      '--quiet',
      '--variant=minbase',
      '--format=tar',
      ...(packages.length === 0 ? [] : [`--include=${packages.join(',')}`]),
      ...hooks.map((hook) => `--customize-hook=${hook}`),
      suite,
      tar,
      ...mirrors,
    ],
    { timeoutMs: makeMs, env: { SOURCE_DATE_EPOCH: String(sourceDateEpoch), ...options.env } },
  );
  if (result.missing) fail('mmdebstrap is not installed (Debian, Ubuntu: `apt-get install mmdebstrap`)');
  if (result.code !== 0) fail(`mmdebstrap failed: ${result.output.trim().slice(-800)}`);
}

/** Sources as apt has them: no host name of an archive is known here. */
async function mirrorsOfApt(suite: string, env: BasesOptions['env']): Promise<readonly string[]> {
  const format = '$(ORIGIN)\t$(CODENAME)\t$(RELEASE)\t$(COMPONENT)\t$(REPO_URI)';
  const result = await runProgram(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'], {
    timeoutMs: 60_000,
    ...(env && { env }),
  });
  if (result.code !== 0) fail('no Debian archive is known: there is no apt here, so one must be configured');
  const lines = new Set<string>();
  for (const line of result.output.split('\n')) {
    const [origin, codename = '', release = '', component, uri] = line.split('\t');
    const belongs = [codename, release].some((name) => name === suite || name.startsWith(`${suite}-`));
    if (origin === 'Debian' && belongs && component === 'main' && uri !== undefined)
      lines.add(`deb ${uri} ${codename} main`);
  }
  if (lines.size === 0)
    fail(`this machine's apt has no Debian archive for ${suite} (run \`apt-get update\`?)`);
  return [...lines].sort();
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** As the uid of the runs, who then owns all of it: only so can layers be put over it. Devices are made by the sandbox. */
async function unpack(tar: string, root: string, user: User | undefined): Promise<void> {
  await mkdir(root, { mode: 0o755 });
  if (user !== undefined) await lchown(root, user.uid, user.gid);
  const result = await runProgram(
    ['tar', '-x', '-p', '--no-same-owner', '--exclude=./dev/*', '-f', tar, '-C', root],
    { user, timeoutMs: makeMs },
  );
  if (result.code !== 0) fail(`its tar could not be unpacked: ${result.output.trim().slice(-500)}`);
  await rm(tar);
}

/** Debian Policy 5.3: paragraphs of fields. */
function installedIn(status: string): InstalledPackage[] {
  const field = (paragraph: string, name: string): string =>
    new RegExp(`^${name}: *(.*)$`, 'm').exec(paragraph)?.[1]?.trim() ?? '';
  return status
    .split(/\n\n+/)
    .filter((paragraph) => field(paragraph, 'Status') === 'install ok installed')
    .map((paragraph) => ({
      name: field(paragraph, 'Package'),
      version: field(paragraph, 'Version'),
      architecture: field(paragraph, 'Architecture'),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function fail(why: string): never {
  throw new AssayError('BASE_UNAVAILABLE', `no base root for the build: ${why}`);
}
