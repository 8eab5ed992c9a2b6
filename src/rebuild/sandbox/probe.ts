/**
 * What this machine's sandbox is worth, found out by running in it: a shell of the host looks around inside and tells.
 * What does not hold is a sentence, and less than all of it is never `full`.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Isolation } from '../../core/rebuild.ts';
import { launch, seccompFd, statusFd } from './launch.ts';
import { bubblewrapArguments, insideUid, type Profile } from './profile.ts';
import type { User } from './workspace.ts';

export interface Probed {
  readonly level: Isolation;
  readonly missing: readonly string[];
  readonly disableUserns: boolean;
}

export interface ProbeInput {
  readonly bwrapPath: string;
  readonly user: User | undefined;
  /** A folder that the uid of the runs can read: a file in it must not be seen from inside. */
  readonly ownPath: string;
  readonly seccompPath: string | undefined;
  readonly masked: readonly string[];
}

/** Words of dash and of coreutils alone. Each line: a name, a tab, what was found. */
const script = `
tell() { printf '%s\\t%s\\n' "$1" "$2"; }
while read -r name value rest; do case $name in
  Uid:) tell uid "$value" ;; CapEff:) tell effective "$value" ;; CapBnd:) tell bounding "$value" ;;
  NoNewPrivs:) tell no-new-privileges "$value" ;; Seccomp:) tell seccomp "$value" ;;
esac; done </proc/self/status
tell interfaces "$(while read -r name rest; do case $name in *:) printf '%s ' "$name" ;; esac; done </proc/net/dev)"
set -- /proc/[0-9]*
tell processes "$#"
: >/tmp/probe
if chmod u+s /tmp/probe 2>/dev/null; then tell setuid kept; else tell setuid refused; fi
if [ -e "$CANARY" ]; then tell host seen; else tell host unseen; fi
if (: >/usr/assay-probe) 2>/dev/null; then tell root writable; else tell root read-only; fi
if (echo 1 >/proc/sys/kernel/randomize_va_space) 2>/dev/null; then tell kernel writable; else tell kernel read-only; fi
`;

const wallMs = 20_000;
/** What of the host's root is shown to the probe alone: its own programs. */
const shown = /^(?:usr|bin|sbin|lib(?:32|64|x32)?|etc|nix|gnu)$/;

export async function probe(input: ProbeInput): Promise<Probed> {
  const whole = await lookAround(input, true);
  if (typeof whole !== 'string')
    return { level: levelOf(whole), missing: sentences(whole), disableUserns: true };
  const less = await lookAround(input, false);
  if (typeof less === 'string')
    return { level: 'none', missing: [startSentence(less)], disableUserns: false };
  const nested =
    'This bubblewrap does not deny further user namespaces inside (--disable-userns is of 0.8.0).';
  return { level: 'partial', missing: [nested, ...sentences(less)], disableUserns: false };
}

type Findings = ReadonlyMap<string, string>;

/** What was found; or, as text, why nothing could be started. */
async function lookAround(input: ProbeInput, disableUserns: boolean): Promise<Findings | string> {
  const folder = join(input.ownPath, `probe-${randomUUID()}`);
  await mkdir(folder, { mode: 0o755 });
  const canary = join(folder, 'canary');
  await writeFile(canary, '', { mode: 0o644 });
  const profile: Profile = {
    root: '/',
    rootEntries: await hostEntries(),
    mergedRoot: undefined,
    mounts: [],
    tmpfs: [],
    tmpBytes: 1 << 20,
    hostname: 'localhost',
    user: 'build',
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', CANARY: canary },
    command: ['/bin/sh', '-c', script],
    seccompFd: input.seccompPath === undefined ? undefined : seccompFd,
    statusFd,
    disableUserns,
    masked: input.masked,
  };
  try {
    const launched = await launch({
      command: [input.bwrapPath, ...bubblewrapArguments(profile)],
      user: input.user,
      seccompPath: input.seccompPath,
      rlimits: { cpuSeconds: 10, fileBytes: 1 << 20, dataBytes: undefined, processes: undefined },
      onOutput: undefined,
    });
    const timer = setTimeout(launched.kill, wallMs);
    launched.go();
    const { insideCode, output } = await launched.ended;
    clearTimeout(timer);
    if (insideCode !== 0) return output.trim().slice(-300) || 'it said nothing';
    return new Map(
      output.split('\n').map((line) => [line.split('\t')[0] ?? '', (line.split('\t')[1] ?? '').trim()]),
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function hostEntries(): Promise<Profile['rootEntries']> {
  const entries = (await readdir('/', { withFileTypes: true })).filter(({ name }) => shown.test(name));
  return Promise.all(
    entries.map(async (entry) => ({
      name: entry.name,
      link: entry.isSymbolicLink() ? await readlink(`/${entry.name}`) : undefined,
    })),
  );
}

const none = '0000000000000000';
/** What must be found, and what it means when it is not. */
const wanted: readonly (readonly [string, RegExp, string])[] = [
  ['uid', new RegExp(`^${insideUid}$`), 'Programs inside do not run as the uid they should.'],
  ['effective', new RegExp(`^${none}$`), 'Programs inside have capabilities.'],
  ['bounding', new RegExp(`^${none}$`), 'Programs inside can gain capabilities.'],
  ['no-new-privileges', /^1$/, 'Programs inside can gain privileges (no_new_privs is not set).'],
  ['seccomp', /^2$/, 'No filter of system calls is in force.'],
  ['setuid', /^refused$/, 'Files with setuid bits can be made inside.'],
  ['interfaces', /^lo:$/, 'Network interfaces of the host can be seen inside.'],
  ['processes', /^[1-4]$/, 'Processes of the host can be seen inside.'],
  ['host', /^unseen$/, 'Files of the host can be seen inside.'],
  ['root', /^read-only$/, 'The base root can be written to from inside.'],
  ['kernel', /^read-only$/, "The kernel's settings can be written from inside."],
];

function sentences(findings: Findings): readonly string[] {
  return wanted.filter(([name, right]) => !right.test(findings.get(name) ?? '')).map(([, , why]) => why);
}

/** Walls without which it is no sandbox at all. */
const essential = new Set(['uid', 'effective', 'interfaces', 'processes', 'host', 'root', 'kernel']);

function levelOf(findings: Findings): Isolation {
  const broken = wanted.filter(([name, right]) => !right.test(findings.get(name) ?? ''));
  if (broken.length === 0) return 'full';
  return broken.some(([name]) => essential.has(name)) ? 'none' : 'partial';
}

function startSentence(why: string): string {
  const hint = /namespace|Operation not permitted|uid map/i.test(why)
    ? ' Unprivileged user namespaces seem to be forbidden here: see `sysctl kernel.unprivileged_userns_clone`, `user.max_user_namespaces` and `kernel.apparmor_restrict_unprivileged_userns`, or the settings of the container around.'
    : '';
  return `bubblewrap could not be started: ${why}.${hint}`;
}
