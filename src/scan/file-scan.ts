/** Everything about one file: its kind, its signals, the chains among them, its secrets. */
import type { Severity } from '../core/advisory.ts';
import type { ScanFinding } from '../core/scan-report.ts';
import { bufferOf, hasLineOver, isOnlyAscii } from './byte-facts.ts';
import { chainsInFile, chainsInText, couldMatch, type ChainHit, type Placed } from './chains.ts';
import { commandLine, commandSignals } from './command-line.ts';
import { isTypesOnly, kindOf, type FileKind } from './file-kind.ts';
import { hiddenFindings } from './hidden.ts';
import { looksHidden } from './interest.ts';
import { byteOffset, clipped, excerptAt, lineAt, unitOffset } from './places.ts';
import { chainRules } from './rules/all.ts';
import type { Signal } from './signals.ts';
import { couldAct, isProgram, namedAside } from './odd-files.ts';
import { withProcessNames } from './process-names.ts';
import { secretAt } from './secrets.ts';
import { shippedFindings } from './shipped-files.ts';
import { parseCode } from './syntax/tree.ts';
import { syntaxFacts } from './syntax/facts.ts';
import type { Doubts } from './syntax/loan.ts';
import { signalsIn, type SignalHit } from './text-signals.ts';

export interface PackageFile {
  /** Below the top folder. */
  readonly path: string;
  readonly mode: number;
  readonly bytes: Uint8Array;
}

export interface FileRole {
  /** An install script runs it. */
  readonly reached: boolean;
  /** New or changed since the version before. */
  readonly changed: boolean;
  /** That it changed is no haste: `waiting` says where it is the only reason to parse it. */
  readonly waits?: boolean;
  /** What `main`, `bin` or `exports` name. */
  readonly entry: boolean;
  /** Something loads it as a program, whatever its name says. */
  readonly loaded?: boolean;
}

export interface FileScan {
  readonly kind: FileKind;
  readonly findings: readonly ScanFinding[];
  /** Signs for chains over several files. */
  readonly signs: readonly Placed[];
  /** Signals of code, for the fingerprint: empty for tests and documents. */
  readonly signals: ReadonlySet<Signal>;
  readonly hosts: readonly string[];
  readonly parsed: boolean;
  /** It was not parsed yet, though it is new or changed. */
  readonly waiting?: boolean;
  readonly reaches: readonly string[];
  readonly doubts?: Doubts;
  /** Say less because of their path, or nothing because of their name, unless something loads them. */
  readonly bystander?: boolean;
}

/** Longer ones are not parsed: a tree is some fifty times its text. They are searched all the same. */
const parseBytes = 1_000_000;
/** Of what is neither new nor reached by an install script, larger ones are bundles: told, and searched. */
const parseOldBytes = 400_000;
const bundleBytes = 300_000;
const payloadBytes = 400_000;
const commandBytes = 20_000;
/** Words of a file that is not parsed stand close together within half of this, and may within all of it. */
const closeLength = 4_000;
/** But for those whose words may be all that is seen of a flow, which would be worse. */
const milderFarApart = new Set(
  chainRules.filter(({ id, severity }) => severity === 'medium' && !/-near-/.test(id)).map(({ id }) => id),
);

const codeKinds = new Set<FileKind>(['javascript', 'shell', 'script']);
const unreadKinds = new Set<FileKind>(['executable', 'native-addon', 'wasm', 'archive', 'binary']);
const asidePath =
  /(?:^|\/)(?:tests?|__tests__|__mocks__|spec|specs|fixtures?|__fixtures__|examples?|docs?|demos?|samples?|benchmarks?|bench|coverage)\/|\.(?:test|spec|stories)\.[cm]?[jt]sx?$/i;

/** Bytes that may still be parsed in a package. */
export interface ParseBudget {
  left: number;
}

export function scanFile(file: PackageFile, role: FileRole, budget: ParseBudget): FileScan {
  const { path, bytes } = file;
  const { kind: named, disguised } = kindOf(path, bytes);
  const runs = role.reached || role.entry || role.loaded === true;
  const kind = runs && isProgram(named, bytes) ? 'javascript' : named;
  const findings: ScanFinding[] = shippedFindings(path, file.mode, bytes).map((found) => ({
    ...found,
    path,
    line: undefined,
    excerpt: undefined,
    capped: undefined,
  }));
  if (disguised)
    findings.push(
      whole(path, 'malware/disguised-program', 'high', 'A program under the name of something harmless.'),
    );
  if (kind === 'executable' && role.reached)
    findings.push(
      whole(
        path,
        'malware/installed-program',
        'medium',
        'An install script runs this program, which is no script.',
      ),
    );
  const none = { kind, signs: [], signals: new Set<Signal>(), hosts: [], parsed: false, reaches: [] };
  if (unreadKinds.has(kind)) return { ...none, findings };
  const hits = signalsIn(bytes);
  findings.push(...secretFindings(file, hits));
  const isCode = codeKinds.has(kind) && !isTypesOnly(path);
  if (!isCode) return { ...none, findings, bystander: couldAct(kind, bytes, hits) };
  const aside = !runs && asidePath.test(path);
  const scan = scanCode(file, role, kind, hits, aside, budget);
  return {
    ...scan,
    kind,
    findings: [...findings, ...scan.findings],
    ...(aside ? { signals: new Set<Signal>(), hosts: [], bystander: scan.signals.size > 0 } : {}),
  };
}

function scanCode(
  file: PackageFile,
  role: FileRole,
  kind: FileKind,
  hits: readonly SignalHit[],
  aside: boolean,
  budget: ParseBudget,
): Omit<FileScan, 'kind'> {
  const { path, bytes } = file;
  const inText: readonly Placed[] = hits.flatMap(({ signal, at }): readonly Placed[] => [
    { sign: signal, at },
    // What a shell script says, it runs.
    ...(kind === 'shell' && commandSignals[signal] !== undefined
      ? [{ sign: commandSignals[signal], at }]
      : []),
  ]);
  const commands: readonly Placed[] =
    kind === 'javascript'
      ? []
      : commandLine(bufferOf(bytes).toString('utf8', 0, commandBytes)).map((sign) => ({ sign, at: 0 }));
  const textSigns = [...inText, ...commands];
  const base = { signals: new Set(hits.map(({ signal }) => signal)), hosts: hostsIn(bytes) };
  const cap = capOf(role, kind, bytes.length, aside);
  const extra = kind === 'javascript' ? hiddenFindings(bytes, hits) : [];
  const findings: ScanFinding[] = extra.map((found) => placed(file, found, cap, role, found.at));
  if (kind === 'javascript' && role.reached && bytes.length > payloadBytes && hasLineOver(bytes, 20_000)) {
    findings.push(
      whole(
        path,
        'malware/install-payload',
        'high',
        'An install script runs a very large file that nobody can read.',
      ),
    );
  }
  const told =
    role.reached ||
    looksHidden(hits, bytes.length) ||
    couldMatch(textSigns as readonly { readonly sign: Signal; readonly at: number }[]);
  const waiting = role.changed && !told && role.waits === true && bytes.length <= parseBytes;
  const interesting = told || (role.changed && !waiting);
  const unparsed = (): Omit<FileScan, 'kind'> => {
    const chains =
      kind === 'javascript' && !interesting ? [] : chainsInText(withProcessNames(bytes, textSigns));
    return {
      ...base,
      parsed: false,
      ...(waiting && kind === 'javascript' ? { waiting } : {}),
      reaches: namedAside(bytes, hits),
      signs: textSigns,
      findings: [...findings, ...chains.map((hit) => chainFinding(file, hit, cap, role))],
    };
  };
  // Made so large or so deep that it is not read: what its words say then counts more, but for some that are far apart.
  const unreadable = (): Omit<FileScan, 'kind'> => {
    if (role.reached)
      findings.push(
        whole(
          path,
          'malware/install-unread',
          'high',
          'An install script runs a file that cannot be read whole.',
        ),
      );
    const scan = unparsed();
    if (aside) return scan;
    const near = chainsInText(withProcessNames(bytes, textSigns), closeLength).map(({ rule }) => rule.id);
    const isFar = ({ rule, severity }: ScanFinding): boolean =>
      milderFarApart.has(rule) && severity === 'medium' && !near.includes(rule);
    return {
      ...scan,
      findings: scan.findings.map((found) => (isFar(found) ? found : worse(found, kind, role))),
    };
  };
  if (kind !== 'javascript' || !interesting) return unparsed();
  if (bytes.length > (role.reached || role.changed ? parseBytes : parseOldBytes)) {
    findings.push(limit(path, 'limits/not-parsed', `${bytes.length} bytes: it was searched, not parsed.`));
    return unreadable();
  }
  budget.left -= bytes.length;
  if (budget.left < 0) {
    findings.push(
      limit(path, 'limits/not-parsed', 'It was searched, not parsed: there is too much such code.'),
    );
    return unreadable();
  }
  const text = bufferOf(bytes).toString(isOnlyAscii(bytes) ? 'latin1' : 'utf8');
  const parsed = parseCode(path, text);
  if (parsed.state === 'not-parsed') {
    findings.push(limit(path, 'limits/not-parsed', `It was searched, not parsed: ${parsed.why}.`));
    return unreadable();
  }
  const { events, functions, reaches, doubts, exhausted } = syntaxFacts(parsed.program);
  if (exhausted)
    findings.push(limit(path, 'limits/not-reckoned', 'Not all of its values could be reckoned.'));
  const signs: readonly Placed[] = [
    ...events.map(({ what, at }) => ({ sign: what, at })),
    ...hits.flatMap(({ signal, at }) =>
      onlyInText.has(signal) ? [{ sign: signal, at: unitOffset(text, bytes, at) }] : [],
    ),
  ];
  const chains = chainsInFile(signs, functions, text.length).map((hit) => ({
    ...hit,
    at: byteOffset(text, bytes, hit.at),
  }));
  const signals = new Set([...base.signals, ...events.flatMap(({ what }) => what as Signal)]);
  return {
    ...base,
    signals,
    parsed: true,
    reaches,
    doubts,
    signs,
    findings: [...findings, ...chains.map((hit) => chainFinding(file, hit, cap, role))],
  };
}

/** What is seen in the words themselves, not in calls or strings. */
const onlyInText = new Set<Signal>([
  'wallet',
  'wallet-keys',
  'wallet-addresses',
  'hook-network',
  'lifecycle-edit',
  'clipboard',
  'home',
  'invisible-decoder',
]);

/** One step, where it is not known by how the code runs. */
function worse(found: ScanFinding, kind: FileKind, role: FileRole): ScanFinding {
  if (found.area !== 'malware' || kind !== 'javascript' || role.reached) return found;
  const severity =
    found.severity === 'medium' ? 'high' : found.severity === 'low' ? 'medium' : found.severity;
  return { ...found, severity, capped: undefined };
}

interface Cap {
  readonly most: Severity;
  readonly why: string;
}

const order: readonly Severity[] = ['unknown', 'none', 'low', 'medium', 'high', 'critical'];

const bundle = 'a large bundle';

function capOf(role: FileRole, kind: FileKind, bytes: number, aside: boolean): Cap | undefined {
  if (role.reached) return undefined;
  if (aside) return { most: 'low', why: 'tests, examples or documents' };
  if (kind !== 'javascript') return { most: 'low', why: 'nothing in the package runs it' };
  if (bytes > bundleBytes) return { most: 'medium', why: bundle };
  return undefined;
}

export function capped(severity: Severity, cap: Cap | undefined): Pick<ScanFinding, 'severity' | 'capped'> {
  if (cap === undefined || order.indexOf(severity) <= order.indexOf(cap.most))
    return { severity, capped: undefined };
  return { severity: cap.most, capped: cap.why };
}

function chainFinding(
  file: PackageFile,
  { rule, at }: ChainHit,
  cap: Cap | undefined,
  role: FileRole,
): ScanFinding {
  // That data of one kind flows into a sink is so in a bundle, too.
  const flows = rule.all.length === 1 && cap?.why === bundle;
  return placed(
    file,
    { rule: rule.id, severity: rule.severity, atInstall: rule.atInstall, message: rule.message },
    flows ? undefined : cap,
    role,
    at,
  );
}

function placed(
  { path, bytes }: PackageFile,
  {
    rule,
    severity,
    atInstall,
    message,
  }: {
    readonly rule: string;
    readonly severity: Severity;
    readonly atInstall: Severity;
    readonly message: string;
  },
  cap: Cap | undefined,
  role: FileRole,
  at: number,
): ScanFinding {
  const how = capped(role.reached ? atInstall : severity, cap);
  return {
    rule,
    area: 'malware',
    ...how,
    path: clipped(path, 500),
    line: lineAt(bytes, at),
    excerpt: excerptAt(bytes, at),
    message,
  };
}

function whole(path: string, rule: string, severity: Severity, message: string): ScanFinding {
  return {
    rule,
    area: 'malware',
    severity,
    path: clipped(path, 500),
    line: undefined,
    excerpt: undefined,
    message,
    capped: undefined,
  };
}

export function limit(path: string, rule: string, message: string): ScanFinding {
  return {
    rule,
    area: 'limits',
    severity: 'low',
    path: clipped(path, 500),
    line: undefined,
    excerpt: undefined,
    message,
    capped: undefined,
  };
}

function secretFindings({ path, bytes }: PackageFile, hits: readonly SignalHit[]): readonly ScanFinding[] {
  const buffer = bufferOf(bytes);
  const aside = asidePath.test(path) || /\.(?:md|markdown|map)$/i.test(path);
  return hits.flatMap(({ signal, at, word }) => {
    if (signal !== 'secret-mark') return [];
    const secret = secretAt(word, buffer.toString('latin1', at, at + 3000));
    if (secret === undefined) return [];
    const how = capped(
      secret.severity,
      aside ? { most: 'low', why: 'tests, examples or documents' } : undefined,
    );
    return [
      {
        rule: secret.rule,
        area: 'secret' as const,
        ...how,
        path: clipped(path, 500),
        line: lineAt(bytes, at),
        excerpt: secret.shown,
        message: secret.message,
      },
    ];
  });
}

const mostHosts = 64;

/** Hosts in URLs that a string begins with: comments name others. */
function hostsIn(bytes: Uint8Array): readonly string[] {
  const buffer = bufferOf(bytes);
  const hosts = new Set<string>();
  for (
    let at = buffer.indexOf('://');
    at !== -1 && hosts.size < mostHosts;
    at = buffer.indexOf('://', at + 3)
  ) {
    const left = buffer.toString('latin1', Math.max(0, at - 8), at);
    if (!/["'`](?:https?|wss?|ftp)$/i.test(left)) continue;
    const host = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?/.exec(
      buffer.toString('latin1', at + 3, at + 256),
    )?.[0];
    if (host?.includes('.') === true) hosts.add(host.toLowerCase());
  }
  return [...hosts];
}
