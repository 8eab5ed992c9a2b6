/** Watches packages that tests make, in a real sandbox, with a toolchain that is this Node and a stand-in for npm. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BehaviourReport } from '../../src/core/behaviour.ts';
import type { Sha256 } from '../../src/core/digest.ts';
import type {
  GivenPackage,
  InstalledDependency,
  ObserveDeps,
  ObserveOutcome,
  ObserveRequest,
  ObserveToolchain,
} from '../../src/rebuild/behaviour/deps.ts';
import { observeInstall } from '../../src/rebuild/behaviour/observe.ts';
import { openTestSandbox, type TestSandbox } from './sandbox.ts';
import { npmTarball } from './tarball.ts';

export interface WatchedPackage {
  readonly name?: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** By folder below the project. */
  readonly dependencies?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface BehaviourWorld {
  readonly box: TestSandbox;
  readonly deps: ObserveDeps;
  readonly toolchain: ObserveToolchain;
  /** Writes a tarball where the sandbox's preparation finds it. */
  readonly give: (name: string, bytes: Uint8Array) => GivenPackage;
  readonly request: (given: WatchedPackage) => ObserveRequest;
  readonly observe: (given: WatchedPackage, change?: Partial<ObserveRequest>) => Promise<ObserveOutcome>;
  readonly close: () => Promise<void>;
}

/** It reads what npm reads, and does nothing else. */
const npmStandIn = `require('fs').readFileSync(process.env.HOME + '/.npmrc');\n`;

export async function openBehaviourWorld(): Promise<BehaviourWorld> {
  const box = await openTestSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'assay-behaviour-'));
  chmodSync(folder, 0o755);
  const npm = join(folder, 'npm');
  mkdirSync(join(npm, 'bin'), { recursive: true });
  writeFileSync(join(npm, 'bin/npm-cli.js'), npmStandIn);
  const toolchain: ObserveToolchain = {
    base: box.base.path,
    node: dirname(dirname(process.execPath)),
    npm,
    nodeVersion: process.versions.node,
    npmVersion: '10.8.2',
  };
  const deps: ObserveDeps = {
    sandbox: box.sandbox,
    isolation: box.sandbox.isolation.level,
    random: (count) => randomBytes(count),
    monotonicMs: () => performance.now(),
  };
  let count = 0;
  const give = (name: string, bytes: Uint8Array): GivenPackage => {
    count += 1;
    const path = join(folder, `${count}.tgz`);
    writeFileSync(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex') as Sha256;
    return { path, sha256, name, version: '1.0.0' };
  };
  const request = ({
    name = 'watched',
    scripts,
    files = {},
    dependencies = {},
  }: WatchedPackage): ObserveRequest => {
    const others = Object.entries(dependencies).map(([at, own]): InstalledDependency => {
      const called = at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const { 'package.json': manifest = '{}', ...rest } = own;
      const bytes = npmTarball({
        manifest: { name: called, version: '1.0.0', ...(JSON.parse(manifest) as object) },
        files: rest,
      });
      return { ...give(called, bytes), folder: at };
    });
    return {
      package: give(name, npmTarball({ manifest: { name, version: '1.0.0', scripts }, files })),
      dependencies: others,
      scripts,
      hasBindingGyp: 'binding.gyp' in files,
      toolchain,
      registryHosts: ['registry.example.com'],
    };
  };
  return {
    box,
    deps,
    toolchain,
    give,
    request,
    observe: (given, change = {}) => observeInstall(deps, { ...request(given), ...change }),
    close: async () => {
      await box.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Observed = Extract<ObserveOutcome, { state: 'observed' }>;

export function observedOf(outcome: ObserveOutcome): Observed {
  if (outcome.state !== 'observed') throw new Error(`not observed: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Findings as `rule severity`, each once, sorted. */
export function foundIn({ findings }: BehaviourReport): readonly string[] {
  return [
    ...new Set(findings.map(({ rule, severity }) => `${rule.replace('behaviour/', '')} ${severity}`)),
  ].sort();
}
