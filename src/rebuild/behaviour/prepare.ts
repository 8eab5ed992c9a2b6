/** Readies one run's folders: tarballs whose bytes are as named, a home with bait in it, the project. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AssayError } from '../../core/errors.ts';
import type { Mount, RunSpec, Workspace } from '../../core/sandbox.ts';
import type { GivenPackage, ObserveDeps, ObserveRequest } from './deps.ts';
import { driverProgram, linkProgram, unpackScript } from './driver.ts';
import type { Honeytokens, Identity } from './honeytokens.ts';
import { checkFolder, driverInput, inside, pathVariable } from './layout.ts';
import type { LifecycleScript } from './lifecycle.ts';
import type { Places } from './zones.ts';

export interface Prepared {
  readonly mounts: readonly Mount[];
  readonly command: readonly string[];
}

export interface Scene {
  readonly identity: Identity;
  readonly places: Places;
  readonly tokens: Honeytokens;
  readonly scripts: readonly LifecycleScript[];
}

const mostDependencies = 3000;

/**
 * Once the sandbox could write to the home, nothing here writes there again: all of it is made first, and unpacking is
 * done inside.
 * @throws BEHAVIOUR_INPUT_INVALID, SANDBOX_*
 */
export async function prepare(
  deps: ObserveDeps,
  workspace: Workspace,
  request: ObserveRequest,
  scene: Scene,
): Promise<Prepared> {
  const home = await writeHome(workspace, request, scene);
  const driver = await workspace.folder('driver');
  const input = driverInput(scene.places, request, scene.scripts, scene.tokens.environment);
  await writeFile(join(driver, 'npm-install.js'), driverProgram);
  await writeFile(join(driver, 'npm-install.json'), JSON.stringify(input));
  await workspace.give(driver);
  const mounts: readonly Mount[] = [
    { from: home, to: scene.places.home, writable: true },
    { from: request.toolchain.node, to: inside.node, writable: false },
    { from: request.toolchain.npm, to: inside.npm, writable: false },
    { from: await writePrograms(workspace), to: inside.bin, writable: false },
  ];
  await unpack(deps, workspace, request, scene, mounts);
  return {
    mounts: [...mounts, { from: driver, to: inside.driver, writable: false }],
    command: [
      `${inside.node}/bin/node`,
      `${inside.driver}/npm-install.js`,
      `${inside.driver}/npm-install.json`,
    ],
  };
}

async function writeHome(workspace: Workspace, request: ObserveRequest, scene: Scene): Promise<string> {
  const { tokens, places, identity } = scene;
  const home = await workspace.folder('home');
  for (const { path, content } of [...tokens.files, ...tokens.plain]) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), content, { mode: 0o600 });
  }
  const project = join(home, identity.project);
  await mkdir(join(project, 'node_modules'), { recursive: true });
  const { name, version } = request.package;
  const manifest = {
    name: identity.project.split('/').at(-1),
    version: '1.0.0',
    private: true,
    dependencies: { [name]: version },
  };
  await writeFile(join(project, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(project, 'index.js'), "'use strict';\n");
  if (places.project !== `${places.home}/${identity.project}`) throw new Error('two projects');
  await workspace.give(home);
  return home;
}

async function writePrograms(workspace: Workspace): Promise<string> {
  const bin = await workspace.folder('bin');
  await symlink(`${inside.node}/bin/node`, join(bin, 'node'));
  for (const name of ['npm', 'npx'])
    await writeFile(
      join(bin, name),
      `#!/bin/sh\nexec ${inside.node}/bin/node ${inside.npm}/bin/${name}-cli.js "$@"\n`,
      { mode: 0o755 },
    );
  await workspace.give(bin);
  return bin;
}

async function unpack(
  { sandbox }: ObserveDeps,
  workspace: Workspace,
  request: ObserveRequest,
  { places }: Scene,
  mounts: readonly Mount[],
): Promise<void> {
  const { dependencies, signal } = request;
  if (dependencies.length > mostDependencies) refuse(`${dependencies.length} dependencies are too many`);
  const all = [
    { ...request.package, folder: `node_modules/${request.package.name}` },
    ...dependencies.filter(({ folder }) => folder !== `node_modules/${request.package.name}`),
  ];
  const given = await workspace.folder('given');
  for (const [index, one] of all.entries()) await copyChecked(one, join(given, `${index}.tgz`));
  await writeFile(
    join(given, 'list'),
    all.map(({ folder }, at) => `${at} ${checkFolder(folder)}\n`).join(''),
  );
  await writeFile(join(given, 'link.js'), linkProgram);
  await workspace.give(given);
  const result = await sandbox.run({
    ...baseRun(request),
    mounts: [...mounts, { from: given, to: inside.given, writable: false }],
    command: ['/bin/sh', '-euc', unpackScript, 'sh', inside.given, places.project, `${inside.node}/bin/node`],
    identity: { hostname: 'localhost', user: places.home.slice('/home/'.length) },
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.ended === 'cancelled') return;
  if (result.ended !== 'exit' || result.exitCode !== 0)
    refuse(`the packages could not be unpacked (${result.ended}): ${result.output.slice(-300)}`);
}

/** @throws BEHAVIOUR_INPUT_INVALID when the bytes are others */
async function copyChecked({ path, sha256, name }: GivenPackage, to: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(
    createReadStream(path),
    async function* (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(to, { flags: 'wx' }),
  );
  if (hash.digest('hex') !== sha256) refuse(`the tarball of ${name} has other bytes than its digest says`);
}

function refuse(what: string): never {
  throw new AssayError('BEHAVIOUR_INPUT_INVALID', what);
}

const mebibyte = 2 ** 20;

/** What all runs here have in common. */
export function baseRun(
  request: ObserveRequest,
): Pick<
  RunSpec,
  'root' | 'tmpfs' | 'cwd' | 'env' | 'network' | 'sourceDateEpoch' | 'freezeClock' | 'limits'
> {
  return {
    root: request.toolchain.base,
    // The base's own is read-only, and mounts need places to be.
    tmpfs: [{ to: inside.local, sizeBytes: mebibyte }],
    cwd: '/',
    env: { PATH: pathVariable },
    network: { kind: 'none' },
    sourceDateEpoch: 0,
    freezeClock: false,
    limits: {
      memoryBytes: 2048 * mebibyte,
      processes: 256,
      cpuSeconds: 240,
      wallMs: 120_000,
      diskBytes: 2048 * mebibyte,
    },
  };
}
