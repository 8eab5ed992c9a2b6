/** One lockfile against the gate. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import { formatPurl } from '../../core/purl.ts';
import { lockfileNames, readLockfile } from '../../registries/npm/lockfiles/read.ts';
import { lockfileLimits, type LockedEntry, type Lockfile } from '../../registries/npm/lockfiles/types.ts';
import { readBoundedFile } from '../bounded-file.ts';
import { isOwnAddress } from '../config/addresses.ts';
import type { Settings } from '../config/settings.ts';
import type { Env } from '../config/surroundings.ts';
import { checkLines, type GatewayTarget } from '../control/gateway-client.ts';
import type { CheckLine, CheckResult } from '../control/protocol.ts';
import { builtInRegistry } from '../package-managers/npm-config.ts';
import { projectRegistries, registryFor } from './project-registry.ts';
import { isSbom, routeOf, type RouteContext } from './routes.ts';

/** `mismatch`: allowed, but the lockfile's digests name other bytes. Only `allow` and `local` are no trouble. */
export type CheckedOutcome = 'allow' | 'hold' | 'block' | 'mismatch' | 'bypass' | 'not-checked' | 'local';

export interface CheckedEntry {
  readonly entry: LockedEntry;
  readonly outcome: CheckedOutcome;
  /** Why, when it is not `allow`; may quote hostile text. */
  readonly why: string;
  readonly remedy: string;
  readonly result: CheckResult | undefined;
}

export interface LockfileCheck {
  readonly file: string;
  readonly lockfile: Lockfile;
  readonly checked: readonly CheckedEntry[];
  readonly counts: Readonly<Record<CheckedOutcome, number>>;
}

export interface CheckInput {
  readonly file: string;
  readonly target: GatewayTarget;
  readonly settings: Settings;
  readonly env: Env;
  readonly onProgress: (done: number, of: number) => void;
}

/** The lockfiles in a directory, or the one that is named. Throws LOCKFILE_NOT_FOUND. */
export async function findLockfiles(cwd: string, named: string | undefined): Promise<readonly string[]> {
  const candidates =
    named === undefined ? lockfileNames.map((name) => join(cwd, name)) : [resolve(cwd, named)];
  const found: string[] = [];
  for (const path of candidates) {
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory() === true && named !== undefined) return findLockfiles(path, undefined);
    if (info?.isFile() === true) found.push(path);
  }
  if (found.length > 0) return found;
  const binary = join(cwd, binaryLockfile);
  if (named === undefined && (await stat(binary).catch(() => undefined))?.isFile() === true) return [binary];
  throw new AssayError(
    'LOCKFILE_NOT_FOUND',
    named === undefined
      ? `${cwd} has none of ${lockfileNames.join(', ')}`
      : `${resolve(cwd, named)}: there is no such file`,
  );
}

/** Throws LOCKFILE_*, GATE_UNREACHABLE, CONTROL_ANSWER_INVALID. */
export async function checkLockfile(input: CheckInput): Promise<LockfileCheck> {
  const lockfile = await lockfileOf(input.file);
  const context = await routeContext(input, lockfile);
  const sorted = distinct(lockfile.entries).map((entry) => ({ entry, route: routeOf(entry, context) }));
  const asked = sorted.filter(({ route }) => route.kind === 'gate').map(({ entry }) => entry);
  const results: (CheckResult | undefined)[] = Array.from({ length: asked.length }, () => undefined);
  let done = 0;
  await checkLines(input.target, asked.map(lineOf), (index, result) => {
    results[index] = result;
    input.onProgress((done += 1), asked.length);
  });
  const answers = new Map(asked.map((entry, index) => [entry, results[index]]));
  const checked = sorted.map(({ entry, route }): CheckedEntry => {
    if (route.kind === 'local')
      return { entry, outcome: 'local', why: 'not fetched from a registry', remedy: '', result: undefined };
    if (route.kind === 'unknown')
      return {
        entry,
        outcome: 'not-checked',
        why: 'the document names no npm package for it, by a package URL with a version',
        remedy: 'This gate answers for npm packages; look at it by other means.',
        result: undefined,
      };
    if (route.kind === 'bypass')
      return {
        entry,
        outcome: 'bypass',
        why: route.why,
        remedy: isSbom(lockfile.format)
          ? 'Install it through the gate, and write the document anew.'
          : 'Lock it again with the package manager pointed at the gate, without this URL.',
        result: undefined,
      };
    return judged(entry, answers.get(entry));
  });
  return { file: input.file, lockfile, checked, counts: countsOf(checked) };
}

/** Bun's old binary form is not text: named, so that it is said what it is. */
const binaryLockfile = 'bun.lockb';

/** Throws LOCKFILE_*. */
export async function lockfileOf(file: string): Promise<Lockfile> {
  const name = basename(file);
  const text = name === binaryLockfile ? '' : await lockfileText(file);
  try {
    return readLockfile(name, text);
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    throw new AssayError(cause.code, `${file}: ${cause.message}`, { cause, hint: cause.hint });
  }
}

async function lockfileText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > lockfileLimits.textBytes)
      throw new AssayError('LOCKFILE_TOO_LARGE', `${file} has ${size} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(
      await readBoundedFile(file, lockfileLimits.textBytes),
    );
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw new AssayError('LOCKFILE_INVALID', `${file}: ${messageOf(cause)}`, { cause });
  }
}

async function routeContext(
  { file, target, settings, env }: CheckInput,
  lockfile: Lockfile,
): Promise<RouteContext> {
  const gateHost = new URL(target.url).host;
  const isGate = (url: URL): boolean => url.host === gateHost || isOwnAddress(url.href, settings);
  const project = isSbom(lockfile.format)
    ? undefined
    : await projectRegistries(dirname(file), lockfile.format);
  const elsewhere = (url: URL | undefined): boolean => url !== undefined && !isGate(url);
  const hasForeign =
    lockfile.format === 'npm' && lockfile.entries.some((entry) => elsewhere(urlOf(entry.url)));
  // Only npm rewrites anything, so only then its built-in host matters. Not known: every such URL is a bypass.
  const builtIn = hasForeign ? await builtInRegistry(env).catch(() => undefined) : undefined;
  return {
    format: lockfile.format,
    isGate,
    builtInHost: builtIn === undefined ? undefined : new URL(builtIn).hostname,
    projectRegistry: (name) => {
      const named = registryFor(project, name);
      const url = urlOf(named);
      return named === undefined || url === undefined || isGate(url) || project === undefined
        ? undefined
        : { url: named, file: basename(project.file) };
    },
  };
}

function urlOf(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}

/** The same artifact in several places of the tree is one. */
function distinct(entries: readonly LockedEntry[]): readonly LockedEntry[] {
  const byIdentity = entries.map(
    (entry) =>
      [JSON.stringify([entry.source, entry.name, entry.version, entry.url, entry.integrity]), entry] as const,
  );
  return [...new Map(byIdentity.toReversed()).values()].toReversed();
}

function lineOf(entry: LockedEntry): CheckLine {
  const file = urlOf(entry.url)?.pathname.split('/').at(-1);
  return {
    purl: formatPurl('npm', entry.name, entry.version),
    ...(file === undefined || file === '' ? {} : { file: decoded(file) }),
    ...(entry.integrity === undefined ? {} : { integrity: entry.integrity.slice(0, 2048) }),
    ...(entry.url === undefined ? {} : { url: entry.url.slice(0, 4096) }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function judged(entry: LockedEntry, result: CheckResult | undefined): CheckedEntry {
  if (result === undefined || result.outcome === 'not-checked') {
    return {
      entry,
      outcome: 'not-checked',
      why: result?.problem?.message ?? 'the gate did not answer',
      remedy: 'Run the check again; it is not known to be good.',
      result,
    };
  }
  if (result.integrityMatches === false) {
    return {
      entry,
      outcome: 'mismatch',
      why: "the lockfile's digest names other bytes than the gate has for this version",
      remedy: 'Find out who changed the lockfile or the package; do not install it.',
      result,
    };
  }
  if (result.outcome === 'allow' && entry.integrity !== undefined && result.integrityMatches === null) {
    return {
      entry,
      outcome: 'not-checked',
      why: "the lockfile's digest is none that can be compared",
      remedy: 'Let the package manager write the lockfile anew.',
      result,
    };
  }
  const [reason] = result.reasons;
  const instead = result.useInstead === undefined ? '' : ` Use ${entry.name}@${result.useInstead}.`;
  return {
    entry,
    outcome: result.outcome,
    why: reason?.why ?? '',
    remedy: result.outcome === 'allow' ? '' : `${reason?.remedy ?? ''}${instead}`.trim(),
    result,
  };
}

function countsOf(checked: readonly CheckedEntry[]): Readonly<Record<CheckedOutcome, number>> {
  const counts = { allow: 0, hold: 0, block: 0, mismatch: 0, bypass: 0, 'not-checked': 0, local: 0 };
  for (const { outcome } of checked) counts[outcome] += 1;
  return counts;
}
