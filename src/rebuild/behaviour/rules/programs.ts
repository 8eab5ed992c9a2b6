/** Programs that were started: written in this run, hidden, from memory; other processes; waiting. */
import { basename } from 'node:path/posix';
import { clip, commandLine, type Act, type BehaviourEvent } from '../events.ts';
import { hiddenIn } from '../hidden-code.ts';
import { isCompiler, isInterpreter } from '../programs.ts';
import { pathMap, type PathMap } from '../path-map.ts';
import { plainPath, zoneOf } from '../zones.ts';
import type { Rule, RuleContext, RuleSink } from './rule.ts';

const mostFiles = 50_000;
const longSeconds = 30;

/** Which files were made in this run by what is no compiler, and so are not what was published. */
export function programRule(context: RuleContext): Rule {
  const written = pathMap<true>(mostFiles);
  const ran = new Set<string>();
  const slept = new Map<number, number>();
  const take = programEvents({ context, written, ran, slept });
  return (event, sink) => {
    take(event, sink);
    if (written.isFull()) sink.lose();
  };
}

interface Seen {
  readonly context: RuleContext;
  readonly written: PathMap<true>;
  readonly ran: Set<string>;
  readonly slept: Map<number, number>;
}

function programEvents({ context, written, ran, slept }: Seen): Rule {
  return (event, sink) => {
    const { act, process, error } = event;
    const done = error === undefined;
    switch (act.kind) {
      case 'write':
        if (done && isCompiler(process.program)) written.delete(act.path);
        else if (done) written.set(act.path, true);
        return;
      case 'copy':
        // What a copy of a published file is, is known.
        if (done && !written.has(act.from)) written.delete(act.to);
        else if (done) written.set(act.to, true);
        return;
      case 'rename':
        if (done) written[act.exchange ? 'exchange' : 'move'](act.from, act.to);
        return;
      case 'link':
        if (!done) return;
        if (written.has(act.from)) written.set(act.to, true);
        else written.delete(act.to);
        return;
      case 'delete':
        if (done && ran.has(act.path)) deletedItself(event, act.path, context, sink);
        if (done) written.delete(act.path);
        return;
      case 'exec':
        return executed(event, act, { context, sink, written, ran });
      case 'memory':
        sink.act(`memory:${act.how.split(' ', 1)[0] ?? ''}`);
        return sink.find(event, {
          rule: 'other-process',
          // To be traced by one's parent: who does so looks whether a debugger is there already.
          severity: act.how.includes('TRACEME') ? 'medium' : 'high',
          message: `Wanted to control another process or read its memory (${act.how}).`,
        });
      case 'read':
        if (done && written.has(act.path)) loaded(event, act.path, context, sink);
        return readProcess(event, act.path, context, sink);
      case 'escape':
        return sink.find(event, {
          rule: 'unwatched',
          severity: 'high',
          message: 'Wanted to start a process that nobody who watches this one can see.',
        });
      case 'identity':
        return sink.find(event, {
          rule: 'setuid',
          severity: 'medium',
          message: `Wanted to become root (${act.how}).`,
        });
      case 'sleep': {
        const seconds = (slept.get(process.id) ?? 0) + act.seconds;
        slept.set(process.id, seconds);
        if (seconds < longSeconds) return;
        sink.act('sleep:long');
        return sink.find(event, {
          rule: 'long-sleep',
          severity: 'medium',
          message: `Wanted to wait for ${Math.round(seconds)} seconds: longer than most would watch.`,
        });
      }
      case 'make':
      case 'mode':
      case 'connect':
      case 'ask':
      case 'token':
    }
  };
}

interface Execution {
  readonly context: RuleContext;
  readonly sink: RuleSink;
  readonly written: PathMap<true>;
  readonly ran: Set<string>;
}

type Exec = Extract<Act, { kind: 'exec' }>;

function executed(event: BehaviourEvent, { path, argv, file: script }: Exec, run: Execution): void {
  const { context, sink, written, ran } = run;
  if (script !== undefined) {
    if (ran.size < mostFiles) ran.add(script);
    else sink.lose();
  }
  if (path.startsWith('/memfd:') || /^\/proc\/[^/]+\/(?:task\/\d+\/)?fd\/|^\/dev\/fd\//.test(path)) {
    sink.act('exec:memory');
    sink.find(event, {
      rule: 'memory-execution',
      severity: 'high',
      message: 'Started a program that lies in memory alone, so that no file shows it.',
    });
    return;
  }
  const made = [path, script].find((one) => one !== undefined && written.has(one));
  if (made !== undefined) startedWritten(event, made, context, sink);
  else
    sink.act(
      `exec:${isCompiler(path) ? 'compiler' : clip(basename(path).replace(/\d{4,}|[0-9a-f]{8,}/gi, '*'), 80)}`,
    );
  if (isInterpreter(path)) hidden(event, argv, sink);
  if (basename(path) === 'crontab' && !argv.includes('-l')) {
    sink.act('write:lasting:crontab');
    sink.find(event, {
      rule: 'persistence',
      severity: 'high',
      message: 'Wanted to change the table of commands that are started at set times (crontab).',
    });
  }
}

function startedWritten(event: BehaviourEvent, path: string, { places }: RuleContext, sink: RuleSink): void {
  const zone = zoneOf(path, places, event.process);
  const inside = zone === 'package';
  sink.act(`exec:written:${zone}`);
  sink.find(event, {
    rule: inside ? 'runs-written-file' : 'download-and-execute',
    severity: inside ? 'medium' : 'high',
    message: `Started ${clip(plainPath(path, places), 120)}, which it had written itself in this run${inside ? '' : ', outside of the package'}.`,
  });
}

/** What an interpreter reads back of its own, and is code: `require`, `import`, `source`, `dlopen`. */
function loaded(event: BehaviourEvent, path: string, { places }: RuleContext, sink: RuleSink): void {
  const isCode = /\.(?:[cm]?jsx?|[cm]?tsx?|node|so|wasm|py|pyc|sh|bash|pl|pm|rb|php)$/.test(path);
  if (!isCode || !isInterpreter(event.process.program)) return;
  const zone = zoneOf(path, places, event.process);
  if (zone === 'package' || zone === 'none') return;
  sink.act(`exec:written:${zone}`);
  sink.find(event, {
    rule: 'loads-written-file',
    // Where there is a cache, tools keep there what they translated.
    severity: zone === 'cache' ? 'low' : 'medium',
    message: `Loaded ${clip(plainPath(path, places), 120)}, which was written in this run, outside of the package.`,
  });
}

function hidden(event: BehaviourEvent, argv: readonly string[], sink: RuleSink): void {
  const how = hiddenIn(argv);
  if (how === undefined) return;
  sink.act(`exec:hidden:${how}`);
  const words = {
    fetched: 'Runs what it fetches from a network, unseen',
    decoded: 'Decodes code and runs it, so that nobody reads it',
    opaque: 'Hands an interpreter a long text that nobody can read',
  } as const;
  sink.find(event, {
    rule: 'hidden-code',
    severity: how === 'opaque' ? 'medium' : 'high',
    message: `${words[how]}: ${clip(commandLine(argv), 120)}`,
  });
}

function readProcess(event: BehaviourEvent, path: string, { places }: RuleContext, sink: RuleSink): void {
  if (zoneOf(path, places, event.process) !== 'other-process') return;
  if (
    !/^\/proc\/\d+\/(?:task\/\d+\/)?(?:mem|environ|auxv|syscall|stack|fd\/\d+|root\/.+|cwd\/.+)$/.test(path)
  )
    return;
  sink.act('memory:proc');
  sink.find(event, {
    rule: 'other-process',
    severity: 'high',
    message: `Wanted to read memory, environment or files of another process (${clip(path, 80)}).`,
  });
}

function deletedItself(event: BehaviourEvent, path: string, { places }: RuleContext, sink: RuleSink): void {
  if (zoneOf(path, places, event.process) !== 'package') return;
  sink.act('write:deletes-script');
  sink.find(event, {
    rule: 'hides-itself',
    severity: 'medium',
    message: `Deleted ${clip(plainPath(path, places), 120)} after it was run: what is there is not what was published.`,
  });
}
