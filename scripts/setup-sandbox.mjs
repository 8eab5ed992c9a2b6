// Brings what builds from source need of the system, so that their tests run: on Debian and its kin, as root. Elsewhere
// nothing is done, and those tests are skipped by name. Plain JavaScript for any Node from 20 on, like `setup.mjs`.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program → the package that brings it. */
const tools = {
  bwrap: 'bubblewrap',
  mmdebstrap: 'mmdebstrap',
  strace: 'strace',
  'dpkg-source': 'dpkg-dev',
};

function isHere(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

const missing = Object.keys(tools).filter((program) => !isHere(program));
if (missing.length > 0 && process.platform === 'linux') {
  const packages = missing.map((program) => tools[program]);
  if (process.getuid() !== 0 || !isHere('apt-get')) {
    console.error(`assay: without ${packages.join(', ')} the tests of builds from source are skipped.`);
  } else {
    console.error(`assay: installing ${packages.join(', ')} for builds from source...`);
    const installed =
      apt('update', '-qq') && apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
    if (!installed)
      console.error('assay: that failed (see above); the tests of builds from source are skipped.');
  }
}
