/** Real builds for tests: a real sandbox, the registry that this machine's npm is configured with, sources made by git. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Sha256 } from '../../src/core/digest.ts';
import type { UpstreamId } from '../../src/core/subject.ts';
import { basePackages } from '../../src/rebuild/recipe/base.ts';
import type { BuilderDeps } from '../../src/rebuild/recipe/build.ts';
import type { BaseRoot, BuildBlobs, PackageRegistry, SourceArchive } from '../../src/rebuild/recipe/deps.ts';
import type { Recipe } from '../../src/rebuild/recipe/recipe.ts';
import { storeBytes } from '../../src/rebuild/recipe/store-bytes.ts';
import { openToolFolders } from '../../src/rebuild/recipe/tools.ts';
import { openBases } from '../../src/rebuild/sandbox/bases.ts';
import { createSandbox } from '../../src/rebuild/sandbox/sandbox.ts';
import { defaultFetchLimits } from '../../src/server/config/defaults.ts';
import { openBlobStore } from '../../src/storage/blobs.ts';
import { createUpstreamClient } from '../../src/upstream/client.ts';
import { machineRegistry, registryMissing } from './machine.ts';
import { ownTestFolder } from './own-folder.ts';
import { noSandbox } from './sandbox.ts';

const execute = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** Why no real build can run here; undefined: it can. For the `skip` of a test. */
export const noBuilds: string | undefined = noSandbox ?? (await registryMissing());

/** 2022-05-01T12:00:00Z: when the projects of tests were committed. */
export const committedAt = 1_651_406_400;

export interface BuildWorld {
  readonly deps: BuilderDeps;
  readonly base: (recipe: Pick<Recipe, 'environment'>) => Promise<BaseRoot>;
  /** Commits files to a new git repository; the source is its tree as git archives it. */
  readonly project: (files: Readonly<Record<string, string>>) => Promise<SourceArchive>;
  readonly archive: (bytes: Uint8Array) => Promise<SourceArchive>;
  readonly bytes: (digest: Sha256) => Promise<Buffer>;
  readonly text: (digest: Sha256) => Promise<string>;
  readonly close: () => Promise<void>;
}

export async function openBuildWorld(): Promise<BuildWorld> {
  const directory = ownTestFolder('assay-builds-');
  const blobs = await openBlobStore(join(directory, 'blobs'));
  const { registry, close } = await realRegistry(blobs);
  const sandbox = await createSandbox({
    directory: join(directory, 'sandbox'),
    clock: () => performance.now(),
  });
  await mkdir(join(directory, 'sandbox'), { recursive: true, mode: 0o711 });
  const tools = openToolFolders({ sandbox, blobs });
  const archive = async (bytes: Uint8Array): Promise<SourceArchive> => {
    const digest = await storeBytes(blobs, bytes);
    return { digest, uri: `sha256:${digest}` };
  };
  const bytes = async (digest: Sha256): Promise<Buffer> => Buffer.from(await blobs.read(digest, 1 << 28));
  return {
    deps: {
      sandbox,
      blobs,
      registry,
      tools,
      clock: () => new Date(),
      monotonicMs: () => performance.now(),
    },
    base: async (recipe) => {
      const bases = openBases({ directory: await basesFolder() });
      const { path, digest } = await bases.base(basePackages(recipe), recipe.environment.suite);
      return { path, digest: digest as Sha256, uri: `base:${recipe.environment.suite}` };
    },
    project: async (files) => archive(await committed(directory, files)),
    archive,
    bytes,
    text: async (digest) => (await bytes(digest)).toString('utf8'),
    close: async () => {
      await tools.close();
      await close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Kept between runs: made anew a base takes half a minute. */
async function basesFolder(): Promise<string> {
  const folder = join(root, '.cache/bases');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  return folder;
}

async function realRegistry(
  blobs: BuildBlobs & Parameters<typeof createUpstreamClient>[0]['blobs'],
): Promise<{ readonly registry: PackageRegistry; readonly close: () => Promise<void> }> {
  const { url, cafile } = await machineRegistry();
  const id = 'npm' as UpstreamId;
  const ca = cafile === undefined ? undefined : await readFile(cafile, 'utf8');
  const client = createUpstreamClient({
    upstreams: [
      {
        id,
        url,
        identityHost: new URL(url).host,
        fileHosts: [],
        authorization: undefined,
        allowInsecure: url.startsWith('http:'),
      },
    ],
    limits: defaultFetchLimits,
    blobs,
    clock: () => new Date(),
    ...(ca === undefined ? {} : { ca }),
  });
  const once = remembering();
  return {
    registry: {
      index: (name) =>
        once(`index ${name}`, async () => {
          const answer = await client.fetchIndex(id, name, {});
          if (answer.state !== 'fresh') return undefined;
          return { uri: `${url}${name.replace('/', '%2f')}`, body: answer.body, sizeBytes: answer.sizeBytes };
        }),
      file: (uri, claims) =>
        once(`file ${uri} ${JSON.stringify(claims)}`, async () => {
          const { artifact } = await client.fetchFile(id, uri, claims);
          return { uri, artifact };
        }),
    },
    close: () => client.close(),
  };
}

/** Builds of one test file ask for the same things again and again. */
function remembering(): <T>(key: string, ask: () => Promise<T>) => Promise<T> {
  const known = new Map<string, Promise<unknown>>();
  return <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const answer = (known.get(key) as Promise<T> | undefined) ?? ask();
    known.set(key, answer);
    answer.catch(() => known.delete(key));
    return answer;
  };
}

async function committed(directory: string, files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = await mkdtemp(join(directory, 'project-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const date = `${committedAt} +0000`;
  const env = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
  };
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
  const git = (...args: readonly string[]): Promise<{ stdout: Buffer }> =>
    execute('git', [...who, ...args], { cwd: folder, env, encoding: 'buffer', maxBuffer: 1 << 28 });
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'all');
  return (await git('archive', '--format=tar', 'HEAD')).stdout;
}
