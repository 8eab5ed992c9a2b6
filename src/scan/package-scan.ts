/** One pass over the files of a package: files in, report out. Pure, but for the native parser underneath. */
import type { Capability, Fingerprint, ScanFinding, ScanReport } from '../core/scan-report.ts';
import { chainsAmong, type Placed } from './chains.ts';
import { createBystanders, pathsOf, type Bystanders } from './bystanders.ts';
import { asUtf8 } from './encoding.ts';
import { createChanges, type Change, type Changes } from './changes.ts';
import {
  limit,
  scanFile,
  type FileRole,
  type FileScan,
  type PackageFile,
  type ParseBudget,
} from './file-scan.ts';
import { candidates, commandFindings, filesNamedIn, normal } from './install-commands.ts';
import { commandsInside } from './nested-commands.ts';
import { clipped } from './places.ts';
import { rulesDigest, scannerVersion } from './rules/all.ts';
import { createRelief, type Relief } from './relief.ts';
import { scoreOf } from './score.ts';
import { capabilityOf } from './signals.ts';

/** What is known of a package before its files are read. */
export interface ScanHints {
  /** Commands by event: what npm would run at install. */
  readonly installScripts: Readonly<Record<string, string>>;
  /** Its own name, by which it may load itself. */
  readonly name?: string;
  /** Files that `main`, `bin` and `exports` name, below the top folder. */
  readonly entries: readonly string[];
  /** Paths that are new or changed since the version before; undefined: nothing to compare with. */
  readonly changed: readonly string[] | undefined;
}

export interface PackageScan {
  readonly add: (file: PackageFile) => void;
  /** Bytes that were there and could not be looked at. */
  readonly leftOut: (path: string, bytes: number, why: string) => void;
  /** Without licences: their texts are looked at apart. */
  readonly end: () => ScanReport;
}

/** Code kept until it is known what an install script reaches. */
const keptBytes = 96 * 1024 * 1024;
/** Of code that is parsed in one package, for any reason. No real package known has half as much. */
const parsedBytes = 32_000_000;
const mostFindings = 500;
const mostHosts = 64;
const mostReached = 1000;
/** A package this small is read as if it were one file; its chains are one step milder where it is not tiny. */
const smallCode = 40_000;
const tinyCode = 8_000;

interface State {
  readonly hints: ScanHints;
  readonly findings: ScanFinding[];
  readonly capabilities: Set<string>;
  readonly hosts: Set<string>;
  readonly threats: Set<string>;
  readonly kept: Map<string, PackageFile>;
  keptBytes: number;
  readonly reached: Set<string>;
  readonly bystanders: Bystanders;
  readonly changes: Changes;
  readonly relief: Relief;
  readonly givenUp: { files: number; bytes: number; path: string };
  readonly budget: ParseBudget;
  readonly loose: { bytes: number; readonly signs: Placed[]; path: string };
  bytesPresent: number;
  bytesScanned: number;
  files: number;
  parsedFiles: number;
}

export function createPackageScan(hints: ScanHints): PackageScan {
  const state: State = {
    hints,
    findings: [],
    capabilities: new Set(),
    hosts: new Set(),
    threats: new Set(),
    kept: new Map(),
    keptBytes: 0,
    reached: new Set(),
    bystanders: createBystanders(hints.entries),
    changes: createChanges(),
    relief: createRelief(),
    givenUp: { files: 0, bytes: 0, path: '' },
    budget: { left: parsedBytes },
    loose: { bytes: 0, signs: [], path: '' },
    bytesPresent: 0,
    bytesScanned: 0,
    files: 0,
    parsedFiles: 0,
  };
  const commands = Object.entries(hints.installScripts);
  const entries = new Set(hints.entries.flatMap((path) => candidates(normal(path))));
  const changed = new Set(hints.changed ?? []);
  const reachable = new Set(commands.flatMap(([, command]) => filesNamedIn(command)).flatMap(candidates));
  for (const [event, command] of commands) takeCommand(state, event, command);
  const roleOf = (path: string): FileRole => ({
    reached: reachable.has(path),
    changed: changed.has(path),
    entry: entries.has(path),
  });
  let runsSomething = commands.length > 0;
  return {
    add: (given) => {
      state.files += 1;
      state.bytesPresent += given.bytes.length;
      state.bytesScanned += given.bytes.length;
      const file = { ...given, bytes: asUtf8(given.bytes) };
      state.relief.saw(given);
      // What an install script reaches is only known at the end, when there is one at all.
      const nested = commandsInside(file, commands.length > 0);
      for (const { event, command, folder } of nested) {
        takeCommand(state, event, command, file.path);
        for (const path of filesNamedIn(command).map((name) => normal(folder + name)))
          for (const name of candidates(path)) reachable.add(name);
      }
      runsSomething ||= nested.length > 0;
      if (runsSomething || isBundled(file.path)) keepFile(state, file, reachable.has(file.path));
      if (commands.length > 0 && reachable.has(file.path) && state.kept.has(file.path)) return;
      const role = roleOf(file.path);
      const scan = scanFile(file, { ...role, waits: true }, state.budget);
      if (scan.waiting !== true) return take(state, file, scan);
      for (const change of state.changes.keep({ file, scan, entry: role.entry })) giveUp(state, change);
    },
    leftOut: (path, bytes, why) => {
      state.bytesPresent += bytes;
      state.findings.push(limit(path, 'limits/not-scanned', `${bytes} bytes were not looked at: ${why}.`));
    },
    end: () => {
      parseChanges(state, roleOf);
      if (runsSomething) followInstall(state, [...reachable], roleOf);
      lookAgain(state, roleOf);
      looseChains(state);
      state.findings.splice(0, state.findings.length, ...state.relief.relieved(state.findings));
      return reportOf(state);
    },
  };
}

/** npm runs the install scripts of packages that lie inside of a package, too. */
function isBundled(path: string): boolean {
  return path.startsWith('node_modules/');
}

function parseChanges(state: State, roleOf: (path: string) => FileRole): void {
  const { parse, givenUp } = state.changes.end();
  for (const change of givenUp) giveUp(state, change);
  for (const { file } of parse) take(state, file, scanFile(file, roleOf(file.path), state.budget));
  const { files, bytes, path } = state.givenUp;
  if (files === 0) return;
  const message = `${files} files (${bytes} bytes) that are new or changed were searched, not parsed: too much changed, and their words ask for no more.`;
  state.findings.push({ ...limit(path, 'limits/changes-not-parsed', message), severity: 'none' });
}

function giveUp(state: State, { file, scan }: Change): void {
  state.givenUp.files += 1;
  state.givenUp.bytes += file.bytes.length;
  state.givenUp.path ||= file.path;
  take(state, file, scan);
}

const mostRounds = 20;

/** Files that say little by their path or name, and that the package loads all the same. */
function lookAgain(state: State, roleOf: (path: string) => FileRole): void {
  for (let round = 0; round < mostRounds; round += 1) {
    const loaded = state.bystanders.loaded();
    if (loaded.length === 0) return;
    for (const file of loaded) {
      if (state.reached.has(file.path)) continue;
      dropFindings(state, file.path);
      take(state, file, scanFile(file, { ...roleOf(file.path), entry: true, loaded: true }, state.budget));
    }
  }
}

function takeCommand(state: State, event: string, command: string, path = 'package.json'): void {
  state.capabilities.add('install-script');
  for (const found of commandFindings(command)) {
    state.findings.push({
      ...found,
      area: 'malware',
      path,
      line: undefined,
      excerpt: clipped(`${event}: ${command}`, 160),
      capped: undefined,
    });
  }
}

function keepFile(state: State, file: PackageFile, named: boolean): void {
  if (!named && !/\.(?:[cm]?[jt]sx?|sh|ps1|bat|cmd|py|json)$|(?:^|\/)[^.]+$/i.test(file.path)) return;
  if (state.keptBytes + file.bytes.length > keptBytes) {
    state.findings.push(
      limit(file.path, 'limits/not-followed', 'Too much code to follow what an install script reaches.'),
    );
    return;
  }
  state.keptBytes += file.bytes.length;
  state.kept.set(file.path, { ...file, bytes: Buffer.from(file.bytes) });
}

/** From the files that the commands name along `require`, `import` and names of files in strings. */
function followInstall(state: State, start: readonly string[], roleOf: (path: string) => FileRole): void {
  const waiting = [...start];
  const signs: Placed[] = [];
  while (waiting.length > 0) {
    const path = waiting.shift() ?? '';
    const file = state.kept.get(path) ?? state.bystanders.get(path);
    if (file === undefined || state.reached.has(path)) continue;
    if (state.reached.size >= mostReached) {
      state.findings.push(
        limit(path, 'limits/not-followed', `An install script reaches more than ${mostReached} files.`),
      );
      break;
    }
    state.reached.add(path);
    const scan = scanFile(file, { ...roleOf(path), reached: true }, state.budget);
    dropFindings(state, path);
    take(state, file, scan, 'install:');
    signs.push(...scan.signs);
    for (const specifier of scan.reaches) waiting.push(...reachedBy(state, path, specifier));
  }
  // Split over files: one step milder than in one function.
  const known = new Set(state.findings.map(({ rule }) => rule));
  for (const { rule } of chainsAmong(signs)) {
    if (known.has(rule.id)) continue;
    const severity = rule.atInstall === 'critical' ? 'high' : rule.atInstall === 'high' ? 'medium' : 'low';
    state.threats.add(rule.id);
    state.findings.push({
      rule: rule.id,
      area: 'malware',
      severity,
      path: [...state.reached][0] ?? 'package.json',
      line: undefined,
      excerpt: undefined,
      message: `${rule.message} (Over several files that an install script reaches.)`,
      capped: 'several files',
    });
  }
}

/** Also: a package inside of this one, a name of the manifest's own, and a folder of which a file is chosen at run time. */
function reachedBy(state: State, from: string, specifier: string): readonly string[] {
  const paths = pathsOf(from, specifier);
  const known = [...state.kept.keys()];
  if (
    specifier.startsWith('#') ||
    specifier === state.hints.name ||
    specifier.startsWith(`${state.hints.name}/`)
  )
    return state.hints.entries.flatMap((entry) => candidates(normal(entry)));
  const chosen = /^(\.{1,2}\/[^ ]*\/) /.exec(specifier)?.[1];
  if (chosen !== undefined)
    return known.filter((path) => pathsOf(from, chosen).some((folder) => path.startsWith(`${folder}/`)));
  const bundled = `node_modules/${specifier}/`;
  const inside = specifier.startsWith('.')
    ? []
    : known.filter((path) => path.startsWith(bundled)).slice(0, 50);
  return [...paths.flatMap(candidates), ...inside];
}

/** What was found of a file before it was known that an install script reaches it. */
function dropFindings(state: State, path: string): void {
  const kept = state.findings.filter((finding) => finding.path !== path || finding.area !== 'malware');
  state.findings.splice(0, state.findings.length, ...kept);
}

function take(state: State, file: PackageFile, scan: FileScan, prefix = ''): void {
  if (scan.parsed) state.parsedFiles += 1;
  state.findings.push(...scan.findings);
  // What runs at install is not taken back.
  state.relief.doubt(file.path, prefix === '' ? scan.doubts : undefined);
  state.bystanders.saw(file, scan, scan.bystander !== true);
  for (const { rule, area } of scan.findings) if (area === 'malware') state.threats.add(rule);
  for (const signal of scan.signals) {
    const capability: Capability | undefined = capabilityOf[signal];
    if (capability === undefined) continue;
    state.capabilities.add(capability);
    if (prefix !== '') state.capabilities.add(`${prefix}${capability}`);
  }
  if (scan.kind === 'native-addon' || scan.kind === 'executable') state.capabilities.add('native-code');
  if (scan.kind === 'wasm') state.capabilities.add('wasm');
  for (const host of scan.hosts) state.hosts.add(host);
  if (scan.kind !== 'javascript' || scan.signals.size === 0) return;
  state.loose.bytes += file.bytes.length;
  if (state.loose.bytes > smallCode) return;
  state.loose.signs.push(...scan.signs);
  state.loose.path ||= file.path;
}

/** In a very small package a chain over several files is one all the same. */
function looseChains(state: State): void {
  if (state.loose.bytes > smallCode) return;
  const known = new Set(state.findings.map(({ rule }) => rule));
  for (const { rule } of chainsAmong(state.loose.signs)) {
    if (known.has(rule.id)) continue;
    const severity =
      state.loose.bytes <= tinyCode ? rule.severity : rule.severity === 'high' ? 'medium' : 'low';
    state.threats.add(rule.id);
    state.findings.push({
      rule: rule.id,
      area: 'malware',
      severity,
      path: state.loose.path,
      line: undefined,
      excerpt: undefined,
      message: `${rule.message} (Over several files.)`,
      capped: 'several files',
    });
  }
}

const order = ['critical', 'high', 'medium', 'low', 'none', 'unknown'];

function reportOf(state: State): ScanReport {
  const findings = state.findings
    .map((finding) => ({ ...finding, path: clipped(finding.path, 500) }))
    .sort(
      (a, b) =>
        order.indexOf(a.severity) - order.indexOf(b.severity) ||
        compare(a.path, b.path) ||
        compare(a.rule, b.rule) ||
        (a.line ?? 0) - (b.line ?? 0),
    );
  const fingerprint: Fingerprint = {
    capabilities: [...state.capabilities].sort(),
    hosts: [...state.hosts].sort().slice(0, mostHosts),
    threats: [...state.threats].sort(),
  };
  return {
    schema: 1,
    scanner: scannerVersion,
    rules: rulesDigest,
    bytesPresent: state.bytesPresent,
    bytesScanned: state.bytesScanned,
    files: state.files,
    parsedFiles: state.parsedFiles,
    findings: findings.slice(0, mostFindings),
    findingsTotal: findings.length,
    fingerprint,
    licences: [],
    score: scoreOf(findings),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
