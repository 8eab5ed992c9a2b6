/** Commands that an installation runs and that stand elsewhere than in the package's own package.json. */
import { isJsonObject, ownObject, ownStrings } from '../core/json.ts';
import type { PackageFile } from './file-scan.ts';

export interface NestedCommand {
  readonly event: string;
  readonly command: string;
  /** Where it is run, below the top folder; empty or with a slash at its end. */
  readonly folder: string;
}

const longest = 1024 * 1024;
const most = 100;
const installEvents = ['preinstall', 'install', 'postinstall'];

/** `builds`: an install script runs, which may be that of a native build. */
export function commandsInside(file: PackageFile, builds: boolean): readonly NestedCommand[] {
  const { path, bytes } = file;
  if (bytes.length > longest) return [];
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  if (builds && /\.gypi?$/i.test(path)) return gypCommands(textOf(bytes), folder);
  if (/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path))
    return bundledCommands(textOf(bytes), folder);
  if (builds && /^(?:GNUm|[Mm])akefile$|^CMakeLists\.txt$/.test(path)) return makeCommands(textOf(bytes));
  return [];
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** `<!(…)` and `<!@(…)` are run while node-gyp configures, actions while it builds. */
function gypCommands(text: string, folder: string): readonly NestedCommand[] {
  const expansions = [...text.matchAll(/<!@?\(([^)\n]{1,2000})\)?/g)].map(([, command = '']) => command);
  const actions = [...text.matchAll(/["']action["']\s{0,8}:\s{0,8}\[([^\]]{1,4000})\]/g)].map(
    ([, list = '']) =>
      [...list.matchAll(/"((?:[^"\\]|\\.){0,2000})"|'((?:[^'\\]|\\.){0,2000})'/g)]
        .map(([, double, single]) => double ?? single ?? '')
        .join(' '),
  );
  return [...expansions, ...actions]
    .slice(0, most)
    .map((command) => ({ event: 'node-gyp', command, folder }));
}

function bundledCommands(text: string, folder: string): readonly NestedCommand[] {
  try {
    const value: unknown = JSON.parse(text);
    const scripts = isJsonObject(value) ? ownStrings(ownObject(value, 'scripts')) : new Map<string, string>();
    return installEvents.flatMap((event) => {
      const command = scripts.get(event) ?? '';
      return command === '' ? [] : [{ event, command: command.slice(0, 20_000), folder }];
    });
  } catch {
    // What cannot be read as a manifest is told by the archive's own checks.
    return [];
  }
}

function makeCommands(text: string): readonly NestedCommand[] {
  const lines = text.split('\n').filter((line) => /^\t|execute_process|COMMAND|\$\(shell/.test(line));
  return lines
    .slice(0, most)
    .map((line) => ({ event: 'make', command: line.trim().slice(0, 2000), folder: '' }));
}
