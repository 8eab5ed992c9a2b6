/** Can this machine build packages from source, and what is that worth? Without it the gate works; nothing becomes Secure. */
import { AssayError, messageOf } from '../../core/errors.ts';
import type { IsolationReport } from '../../core/rebuild.ts';
import { survey, type Survey } from '../../rebuild/sandbox/survey.ts';
import type { Settings } from '../config/settings.ts';
import type { Finding } from './finding.ts';

const about = 'builds';

export async function sandboxFindings({ rebuild }: Pick<Settings, 'rebuild'>): Promise<readonly Finding[]> {
  try {
    const found = await survey({ directory: rebuild.directory, clock: () => performance.now() });
    return findingsOf(found, rebuild.directory);
  } catch (error) {
    const remedy =
      error instanceof AssayError
        ? error.hint
        : 'Make it writable, or choose another directory (ASSAY_REBUILD_DIRECTORY).';
    return [warning(`nothing can be built in ${rebuild.directory}: ${messageOf(error)}`, remedy)];
  }
}

/** A small base root, the tools and one build of middle size. */
const neededBytes = 10 * 2 ** 30;

export function findingsOf(found: Survey, directory: string): readonly Finding[] {
  const { isolation, programs, noLayers, freeBytes } = found;
  const more: Finding[] = [];
  if (programs.mmdebstrap === undefined)
    more.push(
      warning('mmdebstrap is missing: no base root can be made, so nothing is built', install('mmdebstrap')),
    );
  if (programs.strace === undefined)
    more.push(warning('strace is missing: install scripts are not watched', install('strace')));
  if (noLayers !== undefined && isolation.level !== 'none')
    more.push(
      warning(
        `no layers can be mounted over a base root (${noLayers}): builds that write to the system fail`,
        'Use a Linux of 5.11 or newer, and a directory on ext4, xfs or btrfs (ASSAY_REBUILD_DIRECTORY), not on an overlay.',
      ),
    );
  if (freeBytes < neededBytes)
    more.push(
      warning(
        `${gigabytes(freeBytes)} are free on the disk of ${directory}; builds need some ${gigabytes(neededBytes)}`,
        'Make room, or choose another directory (ASSAY_REBUILD_DIRECTORY).',
      ),
    );
  return [isolationFinding(found, directory), ...more];
}

function isolationFinding({ isolation, uid }: Survey, directory: string): Finding {
  const { level, means, missing } = isolation;
  const who = uid === undefined ? 'this user' : `uid ${uid}`;
  if (level === 'full')
    return {
      state: 'good',
      about,
      message: `full isolation: ${means} as ${who} in ${directory}; ${limitWords(isolation)}`,
      remedy: '',
    };
  const worth =
    level === 'partial'
      ? 'partial isolation: it builds, and nothing of it becomes Secure'
      : 'nothing is built here';
  return warning(`${worth}. ${missing.join(' ')}`, remedyOf(missing.join(' '), directory));
}

function limitWords({ limits }: IsolationReport): string {
  const means = [...new Set([limits.memory, limits.processes])];
  return means.every((one) => one.startsWith('cgroup'))
    ? `limits by ${means.join(', ')}`
    : `limits by process and a watch over their sum (no control group is delegated)`;
}

/** What `machine.ts` and `probe.ts` say in so many words. */
function remedyOf(missing: string, directory: string): string {
  if (/not installed/.test(missing)) return install('bubblewrap');
  if (/cannot enter/.test(missing))
    return `Choose a directory that others can enter (ASSAY_REBUILD_DIRECTORY), or chmod o+x the folders above ${directory}.`;
  if (/user namespaces? seem/.test(missing))
    return 'Allow unprivileged user namespaces: sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0, kernel.apparmor_restrict_unprivileged_userns=0; in a container, a seccomp profile that allows them.';
  if (/disable-userns|do not deny/.test(missing)) return 'Use bubblewrap 0.8.0 or newer.';
  if (/Linux only/.test(missing)) return 'Run a gate on Linux for builds.';
  return 'See docs/rebuild.md.';
}

function install(name: string): string {
  return `apt-get install ${name} (Debian, Ubuntu), or what your system calls it`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

function warning(message: string, remedy: string): Finding {
  return { state: 'warning', about, message, remedy };
}
