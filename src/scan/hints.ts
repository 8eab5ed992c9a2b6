/** What a package.json tells the scan before files are read. Hostile text in, bounded lists out. */
import {
  isJsonObject,
  own,
  ownObject,
  ownString,
  ownStrings,
  type Json,
  type JsonObject,
} from '../core/json.ts';
import type { ScanHints } from './package-scan.ts';

const installEvents = ['preinstall', 'install', 'postinstall'];
const mostEntries = 500;
const longestCommand = 20_000;
const longestText = 4 * 1024 * 1024;

/** `changed` as in ScanHints; a manifest that cannot be read gives no hints, which the archive's own checks tell. */
export function hintsOf(
  manifestText: string | undefined,
  hasBindingGyp: boolean,
  changed: readonly string[] | undefined,
): ScanHints {
  const manifest = manifestText === undefined ? undefined : parsed(manifestText);
  const scripts =
    manifest === undefined ? new Map<string, string>() : ownStrings(ownObject(manifest, 'scripts'));
  const installScripts = Object.fromEntries(
    installEvents.flatMap((event) => {
      const command = scripts.get(event)?.trim() ?? '';
      return command === '' ? [] : [[event, command.slice(0, longestCommand)]];
    }),
  );
  if (hasBindingGyp && !('install' in installScripts) && !('preinstall' in installScripts)) {
    installScripts['install'] = 'node-gyp rebuild';
  }
  const name = manifest === undefined ? undefined : ownString(manifest, 'name');
  return {
    installScripts:
      manifest === undefined
        ? installScripts
        : { ...installScripts, ...impliedCommands(manifest, scripts, installScripts) },
    entries: manifest === undefined ? [] : entriesOf(manifest),
    changed,
    ...(name === undefined || name === '' ? {} : { name: name.slice(0, 300) }),
  };
}

const mostImplied = 50;

/** What install commands run by another name: scripts, own programs, the package itself, settings of its manifest. */
function impliedCommands(
  manifest: JsonObject,
  scripts: ReadonlyMap<string, string>,
  commands: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const bins = binsOf(manifest);
  const own = ownString(manifest, 'name') ?? '';
  const waiting = Object.entries(commands);
  const add = (event: string, command: string | undefined): void => {
    if (command === undefined || command.trim() === '' || event in found) return;
    found[event] = command.slice(0, longestCommand);
    waiting.push([event, found[event] ?? '']);
  };
  for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
    if (Object.keys(found).length >= mostImplied) break;
    const [event, command] = entry;
    const words = new Set(command.slice(0, longestCommand).match(/[\w:@./-]{1,100}/g) ?? []);
    const runsScripts =
      /\b(?:npm|pnpm|yarn|bun|npm-run-all|run-s|run-p|nr|wireit)\b|--run\b|npm_execpath/.test(command);
    for (const word of words) {
      if (runsScripts && scripts.has(word)) {
        for (const name of [`pre${word}`, word, `post${word}`])
          add(`${installEventOf(event)} > ${name}`, scripts.get(name));
      }
      const program = bins.get(word);
      if (program !== undefined) add(`${installEventOf(event)} > ${word}`, `node ${program}`);
      if (own !== '' && (word === own || word.startsWith(`${own}/`)))
        for (const [at, path] of entriesOf(manifest).entries())
          add(`${installEventOf(event)} > itself ${at}`, `node ${path}`);
      if (word === '.' || word === './')
        add(`${installEventOf(event)} > main`, `node ${ownString(manifest, 'main') ?? 'index.js'}`);
    }
    const settings = /\bnpm_package_config_(\w{1,60})/.exec(command)?.[1];
    if (settings !== undefined)
      add(`${installEventOf(event)} > config`, ownStrings(ownObject(manifest, 'config')).get(settings));
  }
  return found;
}

function installEventOf(event: string): string {
  return event.split(' ', 1)[0] ?? event;
}

/** A package's own programs stand before others of the same name on the path of its scripts. */
function binsOf(manifest: JsonObject): ReadonlyMap<string, string> {
  const one = ownString(manifest, 'bin');
  const name = (ownString(manifest, 'name') ?? '').replace(/^@[^/]*\//, '');
  return one === undefined ? ownStrings(ownObject(manifest, 'bin')) : new Map([[name, one]]);
}

function parsed(text: string): JsonObject | undefined {
  if (text.length > longestText) return undefined;
  try {
    const value: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Every string below `exports`, and what the older fields name. */
function entriesOf(manifest: JsonObject): readonly string[] {
  const found = new Set<string>();
  for (const key of [
    'main',
    'module',
    'browser',
    'types',
    'jsnext:main',
    'react-native',
    'unpkg',
    'es2015',
  ]) {
    const value = ownString(manifest, key);
    if (value !== undefined) found.add(value);
  }
  if (ownString(manifest, 'main') === undefined) found.add('index.js');
  const waiting: (Json | undefined)[] = [
    own(manifest, 'bin'),
    own(manifest, 'exports'),
    own(manifest, 'imports'),
    own(manifest, 'browser'),
    own(manifest, 'directories'),
  ];
  for (let steps = 0; waiting.length > 0 && steps < 5000 && found.size < mostEntries; steps += 1) {
    const value = waiting.pop();
    if (typeof value === 'string') found.add(value);
    else if (typeof value === 'object' && value !== null) waiting.push(...Object.values(value));
  }
  return [...found].map((path) => path.slice(0, 1000));
}
