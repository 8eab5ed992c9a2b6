/** Bait that was opened, moved, or whose value turned up. */
import type { BehaviourEvent } from '../events.ts';
import { isNpm } from '../programs.ts';
import { isBelow, zoneOf } from '../zones.ts';
import type { Rule, RuleContext } from './rule.ts';

export function tokenRule(context: RuleContext): Rule {
  const { places, tokenFiles } = context;
  /** Processes that loaded a package which looks up settings in npm's files. */
  const lookingUp = new Set<number>();
  return (event, sink) => {
    const { act, process } = event;
    if (act.kind === 'read' && isSettingsReader(act.path, context, event)) lookingUp.add(process.id);
    if (act.kind === 'token') {
      const names = act.tokens.join(', ');
      for (const name of act.tokens) sink.act(`leak:${name}`);
      sink.find(event, {
        rule: 'honeytoken-moved',
        severity: isPrinted(act.where, act.tokens) ? 'medium' : 'critical',
        message: `The value of a credential that was laid out (${names}) is in ${act.where}.`,
      });
      return;
    }
    if (event.error !== undefined) return;
    const opened = openedIn(event).map((path) => tokenFiles.get(path) ?? movedWith(event, path, tokenFiles));
    const [name] = opened.filter((one) => one !== undefined);
    if (name === undefined) return;
    if (name === 'npm token' && act.kind === 'read' && isNpm(process, places)) return;
    sink.act(`read:${name}`);
    sink.find(event, {
      rule: 'honeytoken-read',
      // They read all of the file for a proxy or a registry; a value that goes anywhere is found by itself.
      severity: name === 'npm token' && act.kind === 'read' && lookingUp.has(process.id) ? 'medium' : 'high',
      message: `Read a credential that was laid out (${name}).`,
    });
  };
}

/** Those that downloaders of prebuilt files use; as published beside the package, not as its own words. */
const settingsReaders = /\/node_modules\/(?:(?:@pnpm\/)?npm-conf|registry-auth-token|rc)\/[\w./-]+\.[cm]?js$/;

function isSettingsReader(
  path: string,
  { places }: RuleContext,
  { process, error }: BehaviourEvent,
): boolean {
  return (
    error === undefined && settingsReaders.test(path) && zoneOf(path, places, process) === 'other-package'
  );
}

/** A link or another name for it is made to read it by. */
function openedIn({ act }: BehaviourEvent): readonly string[] {
  if (act.kind === 'read') return [act.path];
  if (act.kind === 'rename' && act.exchange) return [act.from, act.to];
  return act.kind === 'link' || act.kind === 'rename' || act.kind === 'copy' ? [act.from] : [];
}

/** In a folder that was given another name: it is then read by that. */
function movedWith(
  { act }: BehaviourEvent,
  path: string,
  tokenFiles: RuleContext['tokenFiles'],
): string | undefined {
  if (act.kind !== 'link' && act.kind !== 'rename') return undefined;
  const unseen = linkedUnseen(path, tokenFiles);
  if (unseen !== undefined || act.kind === 'link') return unseen;
  return [...tokenFiles].find(([file]) => isBelow(path, file))?.[1];
}

/** Made over a descriptor's own path (`/proc/self/fd/3/id_ed25519`), which does not say where it leads. */
function linkedUnseen(path: string, tokenFiles: RuleContext['tokenFiles']): string | undefined {
  const name = /^\/proc\/[^/]+\/(?:task\/\d+\/)?fd\/\d+\/(?:.*\/)?([^/]+)$/s.exec(path)?.[1];
  return name === undefined ? undefined : [...tokenFiles].find(([file]) => file.endsWith(`/${name}`))?.[1];
}

/** Those who print all of the environment to what reads them put secrets into logs, and mean no harm. */
function isPrinted(where: string, tokens: readonly string[]): boolean {
  return where === 'what it printed' && tokens.every((name) => name.endsWith('of the environment'));
}
