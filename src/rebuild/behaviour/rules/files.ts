/** Writes where an install script has nothing to write. */
import { clip, type BehaviourEvent } from '../events.ts';
import { isPython } from '../programs.ts';
import { isLasting, isBelow, plainPath, zoneOf } from '../zones.ts';
import type { Rule, RuleContext, RuleSink } from './rule.ts';

export function fileRule(context: RuleContext): Rule {
  return (event, sink) => {
    for (const path of changedIn(event)) changed(event, path, context, sink);
    if (event.act.kind === 'mode' && (event.act.mode & 0o6000) !== 0)
      sink.find(event, {
        rule: 'setuid',
        severity: 'high',
        message: `Wanted to make ${clip(plainPath(event.act.path, context.places), 120)} run with its owner's rights.`,
      });
  };
}

function changedIn({ act, error }: BehaviourEvent): readonly string[] {
  switch (act.kind) {
    case 'write':
      return [act.path];
    case 'make':
      // `mkdir -p` tries every folder on the way.
      return error === undefined ? [act.path] : [];
    case 'delete':
      return error === undefined ? [act.path] : [];
    case 'rename':
      return error === 'ENOENT' ? [] : [act.from, act.to];
    case 'link':
    case 'copy':
      return [act.to];
    case 'mode':
      return error === undefined ? [act.path] : [];
    case 'exec':
    case 'read':
    case 'connect':
    case 'ask':
    case 'token':
    case 'memory':
    case 'escape':
    case 'identity':
    case 'sleep':
      return [];
  }
}

function changed(event: BehaviourEvent, path: string, context: RuleContext, sink: RuleSink): void {
  const { places } = context;
  const zone = zoneOf(path, places, event.process);
  const plain = plainPath(path, places);
  const shown = clip(plain, 120);
  if (zone !== 'package' && zone !== 'temporary' && isLasting(plain)) {
    sink.act(`write:lasting:${plain}`);
    sink.find(event, {
      rule: 'persistence',
      severity: event.act.kind === 'delete' ? 'medium' : 'high',
      message: `Wanted to write to ${shown}, which is started or read by other programs later on.`,
    });
    return;
  }
  switch (zone) {
    case 'other-package':
      return tampered(event, path, shown, context, sink);
    case 'package':
      return own(event, path, context, sink);
    case 'other-process':
      sink.act('memory:proc');
      return sink.find(event, {
        rule: 'other-process',
        severity: 'high',
        message: `Wanted to write to another process, ${shown}.`,
      });
    case 'project':
    case 'home':
    case 'tools':
    case 'system':
      return outside(event, plain, shown, sink);
    case 'cache':
    case 'temporary':
    case 'device':
    case 'itself':
    case 'none':
  }
}

function tampered(
  event: BehaviourEvent,
  path: string,
  shown: string,
  { places }: RuleContext,
  sink: RuleSink,
): void {
  // Looked for and not there: nothing was changed.
  if (event.error === 'ENOENT' || event.error === 'EEXIST') return;
  const [first = '', second = ''] = path.slice(`${places.project}/node_modules/`.length).split('/');
  const whose = first.startsWith('@') ? `${first}/${second}` : first;
  sink.act(`write:package:${clip(whose, 120)}`);
  // As node-gyp's own Python does, wherever it is first used. Whoever means harm can write such files too.
  if (isPythonCache(path) && isPython(event.process.program))
    return sink.find(event, {
      rule: 'tampers',
      severity: 'medium',
      message: `Keeps what Python compiled within another package of the project: ${clip(whose, 120)}.`,
    });
  sink.find(event, {
    rule: 'tampers',
    severity: 'high',
    message: `Changed another package of the project: ${shown}.`,
  });
}

function isPythonCache(path: string): boolean {
  return /\/__pycache__(?:\/[\w.-]{1,200}\.pyc(?:\.\d{1,20})?)?$/.test(path);
}

function own(event: BehaviourEvent, path: string, { places }: RuleContext, sink: RuleSink): void {
  if (path !== `${places.package}/package.json` || event.error !== undefined) return;
  if (event.act.kind === 'mode') return;
  sink.act('write:own-manifest');
  sink.find(event, {
    rule: 'hides-itself',
    severity: 'medium',
    message: 'Changed its own package.json, so what is there is not what was published.',
  });
}

function outside(event: BehaviourEvent, plain: string, shown: string, sink: RuleSink): void {
  // Looked for where it could be and is not, or Python's attempt to keep what it compiled beside its own library.
  if (event.error === 'ENOENT' || event.error === 'EEXIST' || event.error === 'ENOTDIR') return;
  if (/\/__pycache__(?:\/|$)/.test(plain) && event.error !== undefined) return;
  if (isBelow('/proc', plain)) return;
  sink.act(`write:outside:${plain}`);
  sink.find(event, {
    rule: 'write-outside',
    severity: 'medium',
    message: `Wanted to change ${shown}, outside of the package and its cache.`,
  });
}
