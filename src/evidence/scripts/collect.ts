/**
 * Code that would run at install: the lifecycle scripts of the tarball's own package.json (what runs, whatever
 * the index shows), the `node-gyp rebuild` that a top-level binding.gyp implies, and the same of packages that come
 * along in `node_modules` (npm runs theirs too), compared with the predecessor.
 *
 * `pass`: none, or the predecessor's own. `warn`: the text of an existing one changed. `fail`: one appeared that
 * the predecessor did not have. `not-available`: there are some, and nothing to compare with.
 */
import type { Collector, CollectorInput, Predecessor, ReadingOutcome } from '../../core/collector.ts';
import type { EvidenceItem } from '../../core/evidence.ts';
import { bundledEvent, readPackageJson, type ReadPackageJson } from '../package-json.ts';
import { bundledScript, installScriptsOf, type InstallScript } from './install-scripts.ts';
import { clip, recordOf, type Finding } from '../record.ts';
import { keptForm, sameScript } from './recorded.ts';

export const scriptsCollector: Collector = {
  kind: 'scripts',
  version: '2',
  scope: 'release',
  collect: (input) => recordOf(scriptsCollector, input, examine(input)),
};

/** What an archive runs at install, by event, in the form in which it is kept; undefined when it can't be told. */
export function scriptsRunBy(archive: ReadingOutcome): Readonly<Record<string, string>> | undefined {
  const manifest = readPackageJson(archive);
  if (manifest.state !== 'read') return undefined;
  return Object.fromEntries(scriptsOf(manifest).map(({ event, text }) => [event, keptForm(text)]));
}

function scriptsOf({ content, files, nested }: ReadPackageJson): readonly InstallScript[] {
  return [...installScriptsOf(content, files), ...bundledScript(nested, files)];
}

function examine(input: CollectorInput): Finding {
  const manifest = readPackageJson(input.archive);
  if (manifest.state !== 'read') {
    const summary = `Install scripts were not examined: ${manifest.state === 'no-archive' ? manifest.why : 'package.json is unreadable'}.`;
    return { result: 'not-checked', summary };
  }
  const scripts = scriptsOf(manifest);
  const before = input.predecessor;
  const facts = {
    count: scripts.length,
    events: scripts.map((script) => script.event).join(' '),
    implied: scripts.some((script) => script.implied),
    comparedWith: before === undefined ? null : clip(before.version, 64),
    how: before?.how ?? null,
    ...Object.fromEntries(scripts.map((script) => [script.event, keptForm(script.text)])),
  };
  if (scripts.length === 0) return { result: 'pass', summary: 'It runs no code at install.', facts };
  if (before === undefined) {
    const summary = `It runs code at install (${facts.events}); there is no earlier version to compare with.`;
    return {
      result: 'not-available',
      summary,
      facts,
      items: scripts.map((script) => item(script, 'present')),
    };
  }
  return compare(scripts, before, facts);
}

type Change = 'appeared' | 'changed' | 'implied' | 'same';

function compare(scripts: readonly InstallScript[], before: Predecessor, facts: Finding['facts']): Finding {
  const changes = scripts.map((script) => ({ script, change: changeOf(script, before) }));
  const of = (change: Change) =>
    changes.filter((entry) => entry.change === change).map((entry) => entry.script);
  const shared = facts === undefined ? {} : { facts };
  const items = changes
    .filter((entry) => entry.change !== 'same')
    .map((entry) => item(entry.script, entry.change));
  const against = `${before.version} (${before.how === 'last-admitted' ? 'admitted here before' : 'the preceding version'})`;
  const names = (list: readonly InstallScript[]) => list.map((script) => script.event).join(', ');
  const appeared = of('appeared');
  if (appeared.length > 0) {
    const summary = `New install script (${names(appeared)}): ${against} had none of that name.`;
    return { result: 'fail', summary, ...shared, items };
  }
  if (of('changed').length > 0) {
    return {
      result: 'warn',
      summary: `Install script changed (${names(of('changed'))}) since ${against}.`,
      ...shared,
      items,
    };
  }
  if (of('implied').length > 0) {
    const summary = `It builds, or bundled packages run code, at install (${names(of('implied'))}); the index cannot show whether ${against} did.`;
    return { result: 'warn', summary, ...shared, items };
  }
  return { result: 'pass', summary: `Its install scripts are those of ${against}.`, ...shared };
}

/**
 * What only the archive shows (an implied build, scripts of bundled packages), compared with an index, is neither new
 * nor old: npm writes an implied build into the index when it publishes, other tools and mirrors do not.
 */
function changeOf(script: InstallScript, before: Predecessor): Change {
  const old = Object.hasOwn(before.installScripts, script.event)
    ? before.installScripts[script.event]
    : undefined;
  if (old === undefined || old.trim() === '') {
    const unseen = script.implied || script.event === bundledEvent;
    return unseen && before.how === 'preceding-version' ? 'implied' : 'appeared';
  }
  return sameScript(old, script.text) ? 'same' : 'changed';
}

function item(script: InstallScript, change: Change | 'present'): EvidenceItem {
  return {
    id: `script/${script.event}`,
    message: `${script.event} (${change}${script.implied ? ', implied by binding.gyp' : ''}): ${clip(script.text)}`,
    data: { event: script.event, change, text: clip(script.text), implied: script.implied },
  };
}
