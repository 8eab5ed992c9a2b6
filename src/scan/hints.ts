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
      return command === '' ? [] : [[event, command.slice(0, 20_000)]];
    }),
  );
  if (hasBindingGyp && !('install' in installScripts) && !('preinstall' in installScripts)) {
    installScripts['install'] = 'node-gyp rebuild';
  }
  return { installScripts, entries: manifest === undefined ? [] : entriesOf(manifest), changed };
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
  for (const key of ['main', 'module', 'browser', 'types']) {
    const value = ownString(manifest, key);
    if (value !== undefined) found.add(value);
  }
  if (ownString(manifest, 'main') === undefined) found.add('index.js');
  const waiting: (Json | undefined)[] = [own(manifest, 'bin'), own(manifest, 'exports')];
  for (let steps = 0; waiting.length > 0 && steps < 5000 && found.size < mostEntries; steps += 1) {
    const value = waiting.pop();
    if (typeof value === 'string') found.add(value);
    else if (typeof value === 'object' && value !== null) waiting.push(...Object.values(value));
  }
  return [...found].map((path) => path.slice(0, 1000));
}
