/** The components of a bill of materials: from a lockfile, or one release; with decisions and licences from the gate. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Outcome } from '../../core/decision.ts';
import { parseIntegrity } from '../../core/digest.ts';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import type { VexStatement } from '../../core/vex.ts';
import { isPackageName } from '../../registries/npm/names.ts';
import { isVersion } from '../../registries/npm/order.ts';
import type { LockedEntry } from '../../registries/npm/lockfiles/types.ts';
import {
  serialOf,
  type Bom,
  type BomClass,
  type BomComponent,
  type BomDecision,
  type BomSubject,
} from '../../reports/bom.ts';
import { checkLockfile, lockfileOf, type CheckedEntry } from '../checking/check-lockfile.ts';
import type { Settings } from '../config/settings.ts';
import type { Env } from '../config/surroundings.ts';
import { checkLines, gateDocument, type GatewayTarget } from '../control/gateway-client.ts';
import type { VexShown } from '../control/known-protocol.ts';
import type { CheckResult } from '../control/protocol.ts';
import { assayVersion } from '../package-version.ts';

export interface InventoryInput {
  /** Undefined: nobody is asked. */
  readonly target: GatewayTarget | undefined;
  readonly settings: Settings;
  readonly env: Env;
  /** RFC 3339 UTC: the time that the document says. */
  readonly timestamp: string;
  readonly onProgress: (done: number, of: number) => void;
}

export interface Inventory {
  readonly bom: Bom;
  /** Keys of entries without a package name and version, which a document cannot name: each is trouble. */
  readonly leftOut: readonly string[];
}

const parallel = 8;
const manifestBytes = 4 * 1024 * 1024;

/** Throws LOCKFILE_*, GATE_UNREACHABLE, CONTROL_ANSWER_INVALID. */
export async function inventoryOfLockfile(file: string, input: InventoryInput): Promise<Inventory> {
  const { target, settings, env, onProgress } = input;
  const checked =
    target === undefined
      ? (await lockfileOf(file)).entries.map(
          (entry) => ({ entry, outcome: 'local', result: undefined }) as const,
        )
      : (await checkLockfile({ file, target, settings, env, onProgress })).checked;
  const nameable = checked.filter(({ entry }) => isNameable(entry));
  const licences = await licencesFrom(target, nameable);
  const components = nameable.map((one, at) =>
    componentOf(one.entry, decisionOf(one.outcome), one.result, licences[at]),
  );
  // A link to a workspace has neither name nor version: its folder is an entry of its own.
  const leftOut = checked.filter(({ entry }) => !isNameable(entry) && entry.source !== 'local');
  return {
    bom: bomOf(
      await projectOf(dirname(file)),
      components,
      nameable.map(({ result }) => result),
      input,
    ),
    leftOut: leftOut.map(({ entry }) => entry.key),
  };
}

/** One release alone; without a gate only its name is known. Throws GATE_UNREACHABLE, CONTROL_ANSWER_INVALID. */
export async function inventoryOfRelease(
  { name, version }: { readonly name: string; readonly version: string },
  input: InventoryInput,
): Promise<Inventory> {
  const { target } = input;
  const purl = formatPurl('npm', name, version);
  const results: CheckResult[] = [];
  if (target !== undefined) await checkLines(target, [{ purl }], (_index, result) => results.push(result));
  const [result] = results;
  const manifest = target === undefined ? undefined : await manifestOf(target, name, version);
  const dist = manifest && ownObject(manifest, 'dist');
  const entry: LockedEntry = {
    key: purl,
    name,
    version,
    integrity: dist && ownString(dist, 'integrity'),
    url: undefined,
    source: 'registry',
  };
  const decision = target === undefined ? 'not-asked' : (result?.outcome ?? 'not-checked');
  const component = componentOf(entry, decision, result, manifest && licenceOf(manifest));
  return { bom: bomOf({ name, version, purl }, [component], [result], input), leftOut: [] };
}

function isNameable({ name, version, source }: LockedEntry): boolean {
  return source !== 'unknown' && version !== undefined && isVersion(version) && isPackageName(name);
}

/** What no registry has is not asked about. */
function decisionOf(outcome: CheckedEntry['outcome']): BomDecision {
  return outcome === 'local' ? 'not-asked' : outcome;
}

function componentOf(
  entry: LockedEntry,
  decision: BomDecision,
  result: CheckResult | undefined,
  licence: string | undefined,
): BomComponent {
  const { name, version = '' } = entry;
  const decided: readonly BomDecision[] = ['allow', 'hold', 'block', 'mismatch'] satisfies (
    | Outcome
    | 'mismatch'
  )[];
  return {
    purl: formatPurl('npm', name, version),
    name,
    version,
    hashes: parseIntegrity(entry.integrity ?? ''),
    licence: (licence ?? entry.licence)?.toWellFormed(),
    detectedLicences: result?.licence?.detected ?? [],
    concludedLicence: result?.licence?.concluded ?? undefined,
    class: decided.includes(decision) ? classOf(result?.verified) : 'not-known',
    currency: result?.currency,
    unlistedStatements: result?.vex?.more ?? 0,
    decision,
    rules:
      decision === 'allow' ? [] : [...new Set(result?.reasons.map(({ rule }) => rule) ?? [])].sort(byText),
    caseId: result?.caseId,
  };
}

/** Nothing is built here yet: the best there is, is knowing who built it. */
function classOf(verified: CheckResult['verified']): BomClass {
  if (verified?.provenance === 'pass') return 'community/attested';
  return verified?.signatures === 'pass' ? 'community/signed' : 'community/unverified';
}

/** Of all that was asked about, each once. */
function statementsIn(results: readonly (CheckResult | undefined)[]): readonly VexStatement[] {
  const all = results.flatMap((result) => result?.vex?.statements ?? []).map(statementOf);
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).entries()]
    .sort(([a], [b]) => byText(a, b))
    .map(([, one]) => one);
}

function statementOf({ justification, until, cyclonedx, ...rest }: VexShown): VexStatement {
  return {
    ...rest,
    justification,
    until,
    cyclonedx: cyclonedx && { ...cyclonedx, justification: cyclonedx.justification },
  };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What upstream's index says, of what is served; the gate answers nothing of what it refuses. */
async function licencesFrom(
  target: GatewayTarget | undefined,
  entries: readonly { readonly entry: LockedEntry; readonly outcome: CheckedEntry['outcome'] }[],
): Promise<readonly (string | undefined)[]> {
  const licences: (string | undefined)[] = entries.map(() => undefined);
  if (target === undefined) return licences;
  const queue = entries.entries();
  const work = async (): Promise<void> => {
    for (const [at, { entry, outcome }] of queue) {
      if (outcome !== 'allow' || entry.licence !== undefined || entry.version === undefined) continue;
      const manifest = await manifestOf(target, entry.name, entry.version);
      licences[at] = manifest && licenceOf(manifest);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return licences;
}

async function manifestOf(
  target: GatewayTarget,
  name: string,
  version: string,
): Promise<JsonObject | undefined> {
  const path = `${encodeURIComponent(name)}/${encodeURIComponent(version)}`;
  const bytes = await gateDocument(target, path, manifestBytes);
  return bytes === undefined ? undefined : jsonObjectIn(bytes);
}

function jsonObjectIn(bytes: Uint8Array): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** `license`, as text or in npm's old form of an object; `licenses`, its older one. */
function licenceOf(manifest: JsonObject): string | undefined {
  const old = own(manifest, 'licenses');
  const all = Array.isArray(old) ? (old as readonly unknown[]) : [own(manifest, 'license')];
  const names = all.flatMap((one) => {
    const name = isJsonObject(one) ? ownString(one, 'type') : one;
    return typeof name === 'string' ? [name.slice(0, 1000)] : [];
  });
  return names.length === 0 ? undefined : names.slice(0, 20).join(' OR ');
}

function bomOf(
  subject: BomSubject,
  components: readonly BomComponent[],
  results: readonly (CheckResult | undefined)[],
  { timestamp }: InventoryInput,
): Bom {
  const vex = statementsIn(results);
  const content = { subject, components, vex, timestamp, version: assayVersion };
  return {
    subject,
    components,
    vex,
    serial: serialOf(JSON.parse(JSON.stringify(content)) as JsonObject),
    timestamp,
    tool: { name: 'assay', version: assayVersion },
  };
}

/** The folder's name, where its package.json does not say. */
async function projectOf(folder: string): Promise<BomSubject> {
  const manifest = await readManifest(join(folder, 'package.json'));
  const name = manifest && ownString(manifest, 'name');
  const version = manifest && ownString(manifest, 'version');
  if (name === undefined || !isPackageName(name))
    return { name: basename(folder) || 'project', version: undefined, purl: undefined };
  const known = version !== undefined && isVersion(version) ? version : undefined;
  return { name, version: known, purl: formatPurl('npm', name, known) };
}

async function readManifest(path: string): Promise<JsonObject | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() !== true || info.size > manifestBytes) return undefined;
  return jsonObjectIn(await readFile(path).catch(() => Buffer.alloc(0)));
}
