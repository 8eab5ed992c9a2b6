/** Script texts as they are kept and compared: whole, or cut with the digest of the whole. */
import { sha256 } from '../../core/digest.ts';
import type { Evidence } from '../../core/evidence.ts';
import { bundledEvent, installEvents } from '../package-json.ts';

const keptLength = 1500;
const cutForm = /\.\.\. \[sha256 ([0-9a-f]{64})\]$/;

/** The form in which a text stands in the evidence. */
export function keptForm(text: string): string {
  if (text.length <= keptLength) return text.toWellFormed();
  return `${text.slice(0, keptLength).toWellFormed()}... [sha256 ${sha256(text)}]`;
}

/** `old` may be whole or cut, wherever it was cut. */
export function sameScript(old: string, text: string): boolean {
  if (withoutBin(old) === withoutBin(text.toWellFormed())) return true;
  const cut = cutForm.exec(old);
  return cut !== null && cut[1] === sha256(text) && text.toWellFormed().startsWith(old.slice(0, cut.index));
}

/** npm drops a leading `./node_modules/.bin/` when it publishes to an index (@npmcli/package-json, step scriptpath). */
function withoutBin(text: string): string {
  return text.trim().replace(/^(\.[/\\])?node_modules[/\\].bin[\\/]/, '');
}

/**
 * What an assessed version really ran at install, from its own `scripts` evidence: the predecessor to compare the
 * next one with. An index may not show a build that a binding.gyp implies. Undefined when it was never examined.
 */
export function recordedScripts(evidence: readonly Evidence[]): Readonly<Record<string, string>> | undefined {
  const record = evidence.find((one) => one.kind === 'scripts');
  if (record === undefined || typeof record.facts['count'] !== 'number') return undefined;
  return Object.fromEntries(
    [...installEvents, bundledEvent].flatMap((event) => {
      const text = record.facts[event];
      return typeof text === 'string' ? [[event, text]] : [];
    }),
  );
}
