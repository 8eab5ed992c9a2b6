/** Whose a path is, as a package's install script should see it. Pure. */
import type { Process } from './events.ts';

export interface Places {
  readonly home: string;
  readonly project: string;
  /** Folder of the package whose scripts run, below the project. */
  readonly package: string;
  /** Node, npm and what comes with them: read-only. */
  readonly tools: string;
  /** Of npm, within the tools. */
  readonly npm: string;
}

export type Zone =
  | 'package'
  /** Another package of the project. */
  | 'other-package'
  | 'cache'
  | 'temporary'
  | 'project'
  | 'home'
  | 'tools'
  | 'device'
  /** Of the process itself, in /proc. */
  | 'itself'
  | 'other-process'
  | 'system'
  /** No path: a pipe, a socket, memory. */
  | 'none';

export function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Folders that tools keep things in that can be made again. */
const caches = [
  '.cache',
  '.npm',
  '.node-gyp',
  '.electron-gyp',
  '.yarn/berry/cache',
  '.local/share/pnpm/store',
];

export function zoneOf(path: string, places: Places, process: Process): Zone {
  if (!path.startsWith('/') || path.startsWith('/memfd:')) return 'none';
  if (isBelow(places.package, path)) return 'package';
  const modules = `${places.project}/node_modules`;
  if (isBelow(`${modules}/.cache`, path) || path === modules || isOwnStore(path, modules, places))
    return 'cache';
  if (isBelow(modules, path)) return 'other-package';
  if (isBelow(places.project, path)) return 'project';
  if (caches.some((name) => isBelow(`${places.home}/${name}`, path))) return 'cache';
  if (isBelow(places.home, path)) return 'home';
  if (['/tmp', '/var/tmp', '/dev/shm'].some((folder) => isBelow(folder, path))) return 'temporary';
  if (isBelow('/dev', path)) return 'device';
  if (isBelow('/proc', path)) return procZone(path, process);
  return isBelow(places.tools, path) ? 'tools' : 'system';
}

/** `node_modules/.prisma` is of `prisma` and of all of `@prisma/`: they keep there what they generate. */
function isOwnStore(path: string, modules: string, places: Places): boolean {
  const [first = ''] = path.slice(modules.length + 1).split('/');
  if (!path.startsWith(`${modules}/.`) || /^\.(?:bin|pnpm|store|hooks|package-lock\.json)$/.test(first))
    return false;
  const [owner = ''] = places.package.slice(modules.length + 1).split('/');
  return owner.replace(/^@/, '') === first.slice(1);
}

function procZone(path: string, process: Process): Zone {
  const [, , whose = ''] = path.split('/');
  if (whose === 'self' || whose === 'thread-self') return 'itself';
  if (!/^\d+$/.test(whose)) return 'system';
  // A thread's number is unknown here, and its files are reached by the process's as a rule.
  return Number(whose) === process.inside ? 'itself' : 'other-process';
}

/** For people and for comparison: `~` for the home, `.` for the project, and no numbers that are new each time. */
export function plainPath(path: string, places: Places): string {
  const short = isBelow(places.project, path)
    ? `.${path.slice(places.project.length)}`
    : isBelow(places.home, path)
      ? `~${path.slice(places.home.length)}`
      : path;
  return short.replace(/\d{4,}|[0-9a-f]{8,}/gi, '*').slice(0, 200);
}

/** What is started by itself later on, or told to a person's tools: whoever writes there wants to stay. */
const lasting: readonly RegExp[] = [
  /^~\/\.(?:bash(?:rc|_profile|_login|_logout|_aliases)|profile|zshrc|zshenv|zprofile|zlogin|kshrc|xprofile|xinitrc|xsession|pam_environment|inputrc|vimrc)$/,
  /^~\/\.config\/(?:autostart|systemd\/user|fish|environment\.d|nvim|git)(?:\/|$)/,
  /^~\/\.local\/(?:share\/(?:systemd|applications|dbus-1)|bin)(?:\/|$)/,
  /^~\/\.ssh\/(?:authorized_keys2?|config|rc|environment)$/,
  /^~\/(?:\.gitconfig|\.npmrc|\.yarnrc|\.yarnrc\.yml|\.pnpmrc|\.node_repl_history|\.pypirc|\.pip\/|\.config\/pip)/,
  /^~\/Library\/Launch(?:Agents|Daemons)(?:\/|$)/,
  /^~\/\.(?:vscode|vscode-server|cursor|windsurf)\/(?!.*\bcache\b)/i,
  // Instructions and hooks of coding agents: they run commands with a person's rights.
  /^[~.](?:\/|.*\/)(?:\.claude|\.codex|\.gemini|\.cursor|\.windsurf|\.continue|\.aider|\.cline|\.roo|\.kiro|\.amazonq)(?:\/|\.json$|$)/,
  /^[~.](?:\/|.*\/)(?:CLAUDE|AGENTS|GEMINI|COPILOT)\.md$/,
  /^[~.](?:\/|.*\/)(?:\.cursorrules|\.windsurfrules|\.clinerules|\.mcp\.json|mcp\.json|copilot-instructions\.md)$/,
  /(?:^|\/)\.git\/(?:hooks|config)(?:\/|$)/,
  /(?:^|\/)\.husky\//,
  /(?:^|\/)\.github\/(?:workflows|actions)(?:\/|$)/,
  /(?:^|\/)\.(?:gitlab-ci\.yml|circleci\/|travis\.yml)/,
  /^\.\/(?:\.vscode|\.idea|\.devcontainer)\//,
  /^\/etc\/(?:cron|systemd|init\.d|rc\.local|profile|bash\.bashrc|ld\.so\.preload|sudoers|environment|xdg\/autostart|passwd|shadow)/,
  /^\/(?:var\/spool\/cron|usr\/lib\/systemd|lib\/systemd|Library\/Launch)/,
];

/** `path` as `plainPath` gives it. Within the package itself nothing lasts: nobody starts it from there. */
export function isLasting(path: string): boolean {
  return lasting.some((one) => one.test(path));
}
