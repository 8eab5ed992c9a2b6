// Makes `node_modules` what `package-lock.json` says, and does nothing when it already is.
// Plain JavaScript for any Node from 20 on: it runs before the pinned Node is here.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** npm's own record of what it installed last; written only after an install ran to its end. */
const installedRecord = 'node_modules/.package-lock.json';

function packagesIn(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages ?? {};
}

/** Optional packages of other platforms are absent by right; the one with our own Node is not. */
function mayBeAbsent(path, wanted) {
  return wanted.optional === true && path !== `node_modules/node-${process.platform}-${process.arch}`;
}

/** Why an install is needed, or undefined when the folder is as locked. */
function staleReason() {
  if (!existsSync(join(root, installedRecord))) return 'first start';
  const locked = packagesIn('package-lock.json');
  const installed = packagesIn(installedRecord);
  for (const [path, wanted] of Object.entries(locked)) {
    if (path === '') continue;
    const present = Object.hasOwn(installed, path) && existsSync(join(root, path, 'package.json'));
    if (!present && mayBeAbsent(path, wanted)) continue;
    if (!present) return `${path.slice('node_modules/'.length)} is missing`;
    const got = installed[path];
    if (got.version !== wanted.version || got.integrity !== wanted.integrity)
      return 'the lockfile has changed';
  }
  return Object.keys(installed).some((path) => !Object.hasOwn(locked, path))
    ? 'the lockfile has changed'
    : undefined;
}

function fail(message) {
  console.error(`assay: ${message}`);
  process.exit(4);
}

function install(reason) {
  console.error(`assay: installing the pinned dependencies (${reason})...`);
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--ignore-scripts'];
  const whole = ['--include=dev', '--include=optional'];
  const result = spawnSync('npm', ['ci', ...quiet, ...whole], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.error?.code === 'ENOENT')
    fail('npm is not on the PATH. Install Node 20 or newer together with npm.');
  if (result.error !== undefined) fail(`npm ci could not be run: ${result.error.message}`);
  if (result.status === 0) return;
  fail(
    `npm ci failed (see above). It needs the registry that 'npm config get registry' names: check the network, ` +
      `a proxy, or that registry, then run the same command again. Nothing else was changed.`,
  );
}

function readReason() {
  try {
    return staleReason();
  } catch (error) {
    return `what is installed cannot be read: ${error.message}`;
  }
}

const reason = readReason();
if (reason !== undefined) {
  install(reason);
  const left = readReason();
  if (left !== undefined) fail(`after npm ci the dependencies are still not as locked: ${left}.`);
}
