/**
 * Configuration, read and merged: defaults, the system's file, the user's file (or the one named instead of
 * both), `ASSAY_*` variables, flags, in rising order. Upstreams that nobody configured are those of the machine's
 * package managers, resolved once and stored (`upstreams.ts`).
 */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ecosystems } from '../../core/purl.ts';
import { defaultArchiveLimits } from '../../archive/limits.ts';
import type { ArchiveLimits } from '../../core/archive-reading.ts';
import type { LicencePolicy } from '../../licences/policy.ts';
import type { PackageMatch, PolicySettings, PresetName } from '../../policy/settings.ts';
import { defaultFeedRefreshMs, defaultFetchLimits, defaultValues } from './defaults.ts';
import { configFiles } from './files.ts';
import { forgeSettings } from './forges.ts';
import { layerOfEnvironment, layerOfFile, layerOfFlags, type Flags, type LayerEntry } from './layers.ts';
import type { TufValues } from './schema.ts';
import type {
  FeedSettings,
  FetchLimits,
  LedgerSettings,
  SecureChannelSettings,
  Settings,
  TrustSettings,
} from './settings.ts';
import { settingsShown, type SettingInForce } from './shown.ts';
import {
  cacheDirectory,
  userConfigDirectory,
  userStateDirectory,
  type Surroundings,
} from './surroundings.ts';
import { vexSignerSettings } from './vex-signers.ts';
import { settleUpstreams, type UpstreamMode } from './upstreams.ts';

export interface LoadInput {
  readonly flags: Flags & { readonly config?: string };
  readonly around: Surroundings;
  /**
   * `store`: use the stored upstreams, else ask the machine and store the answer (a gate that starts);
   * `look`: the same without writing (commands); `refresh`: ask anew and store; `none`: leave them out, for
   * commands that only need to find the gate.
   */
  readonly upstreams: UpstreamMode;
}

export interface Loaded {
  readonly settings: Settings;
  /** Every setting in force and where it came from. Secrets are redacted. */
  readonly shown: readonly SettingInForce[];
  /** Things worth a line on stderr, such as a mistyped variable. */
  readonly notes: readonly string[];
}

/** Throws CONFIG_INVALID, CONFIG_UNREADABLE, UPSTREAM_NOT_CONFIGURED, UPSTREAM_IS_ASSAY. */
export async function loadSettings(input: LoadInput): Promise<Loaded> {
  const { around } = input;
  const files = await configFiles(around, input.flags.config);
  const { layer: environment, notes } = layerOfEnvironment(around.env);
  const layers = [
    defaultLayer(around),
    ...files.map((file) => layerOfFile(file.path, file.text)),
    environment,
    layerOfFlags(input.flags),
  ];
  const entries = new Map(layers.flat().map((entry) => [entry.key, entry]));
  const base = baseSettings(entries, around);
  const configured = [...entries.values()].filter((entry) => entry.key.startsWith('upstreams.'));
  const settled = await settleUpstreams({ configured, base, around, mode: input.upstreams });
  const settings: Settings = {
    ...base,
    upstreams: settled.map((one) => one.upstream),
    // A command that only needs to find the gate needs no tokens.
    forges: input.upstreams === 'none' ? [] : forgeSettings(entries.get('forges'), around.env),
  };
  return { settings, shown: settingsShown(entries, settings, settled), notes };
}

function defaultLayer(around: Surroundings): readonly LayerEntry[] {
  const limits = [
    ...Object.entries(defaultArchiveLimits).map(
      ([key, value]) => [`limits.archive.${key}`, value as number] as const,
    ),
    ...Object.entries(defaultFetchLimits).map(
      ([key, value]) => [`limits.fetch.${key}`, value as number] as const,
    ),
  ];
  const places = [
    ['signer.directory', signerDirectory(around)],
    ['rebuild.directory', rebuildDirectory(around)],
    ['rebuild.recipes', recipesDirectory(around)],
  ] as const;
  return [...Object.entries(defaultValues), ...places, ...limits].map(([key, value]) => ({
    key,
    value,
    source: 'default',
    where: undefined,
  }));
}

function signerDirectory(around: Surroundings): string {
  return join(userStateDirectory(around), 'signer');
}

function rebuildDirectory(around: Surroundings): string {
  return join(cacheDirectory(around), 'rebuild');
}

/** Beside the user's `assay.yaml`: what a person corrected is configuration. */
function recipesDirectory(around: Surroundings): string {
  return join(userConfigDirectory(around), 'recipes');
}

type Entries = ReadonlyMap<string, LayerEntry>;

/** Every key has a default of its type, and every layer was validated: the casts state what the schema checked. */
function baseSettings(entries: Entries, around: Surroundings): Omit<Settings, 'upstreams' | 'forges'> {
  const get = (key: string): unknown => entries.get(key)?.value;
  return {
    listen: get('listen') as string,
    port: get('port') as number,
    consolePort: get('consolePort') as number,
    dataDirectory: pathOf(entries.get('data'), around) ?? around.installRoot,
    publicUrl: get('publicUrl') as string | undefined,
    allowedHosts: get('allowedHosts') as readonly string[],
    anonymous: get('anonymous') as Settings['anonymous'],
    policy: policySettings(entries),
    licences: group(entries, 'licences.') as unknown as LicencePolicy,
    archiveLimits: group(entries, 'limits.archive.') as unknown as ArchiveLimits,
    fetchLimits: group(entries, 'limits.fetch.') as unknown as FetchLimits,
    indexFreshSeconds: get('indexFreshSeconds') as number,
    ledger: {
      origin: get('ledger.origin') as string | undefined,
      checkpointSeconds: get('ledger.checkpointSeconds') as number,
      witnessesFile: pathOf(entries.get('ledger.witnesses'), around),
      witnessMode: get('ledger.witnessMode') as LedgerSettings['witnessMode'],
    },
    signer: {
      directory: pathOf(entries.get('signer.directory'), around) ?? signerDirectory(around),
    },
    rebuild: {
      directory: pathOf(entries.get('rebuild.directory'), around) ?? rebuildDirectory(around),
      recipes: pathOf(entries.get('rebuild.recipes'), around) ?? recipesDirectory(around),
      concurrency: get('rebuild.concurrency') as number,
      automatic: get('rebuild.automatic') as boolean,
      inputs: get('rebuild.inputs') as Settings['rebuild']['inputs'],
      sshKey: pathOf(entries.get('rebuild.sshKey'), around),
      sshKnownHosts: pathOf(entries.get('rebuild.sshKnownHosts'), around),
    },
    secureChannel: {
      enabled: get('secureChannel.enabled') as boolean,
      port: get('secureChannel.port') as number,
      publicUrl: get('secureChannel.publicUrl') as string | undefined,
      serve: get('secureChannel.serve') as SecureChannelSettings['serve'],
      missing: get('secureChannel.missing') as SecureChannelSettings['missing'],
      isDemanded: entries.get('secureChannel.port')?.source !== 'default',
    },
    behaviour: { watch: get('behaviour.watch') as Settings['behaviour']['watch'] },
    trust: {
      refreshEveryMs: msOrOff(get('trust.refreshEvery')),
      maxAgeMs: msOrOff(get('trust.maxAge')),
      tuf: tufSettings(entries.get('trust.tuf'), around),
    },
    feedLimits: {
      warnAfterHours: hoursOrNever(get('advisories.warnAfter')),
      failAfterHours: hoursOrNever(get('advisories.holdAfter')),
    },
    feeds: feedSettings(entries, around),
    vexSigners: vexSignerSettings(entries.get('vex.signers')),
    logLevel: get('logLevel') as Settings['logLevel'],
  };
}

/** An ecosystem without a URL is never asked for. */
function feedSettings(entries: Entries, around: Surroundings): readonly FeedSettings[] {
  return ecosystems.flatMap((ecosystem) => {
    const entry = (key: string): LayerEntry | undefined => entries.get(`feeds.${ecosystem}.${key}`);
    const of = (key: string): unknown => entry(key)?.value;
    const url = of('url') as string | undefined;
    if (url === undefined) return [];
    const refreshEveryMs = msOrOff(of('refreshEvery') ?? defaultFeedRefreshMs);
    const [epssUrl, kevUrl] = [of('epss'), of('kev')] as readonly (string | undefined)[];
    const names = of('popular') as string | undefined;
    const popular = names?.includes('://') === true ? names : pathOf(entry('popular'), around);
    return [{ ecosystem, url, refreshEveryMs, epssUrl, kevUrl, popular }];
  });
}

function hoursOrNever(value: unknown): number {
  const ms = msOrOff(value);
  return ms === undefined ? Infinity : ms / 3_600_000;
}

function msOrOff(value: unknown): number | undefined {
  return value === 'off' ? undefined : (value as number);
}

function tufSettings(entry: LayerEntry | undefined, around: Surroundings): TrustSettings['tuf'] {
  if (entry === undefined) return undefined;
  return (entry.value as readonly TufValues[]).map(({ name, url, root }) => ({
    name,
    url,
    rootFile: root === undefined ? undefined : pathOf({ ...entry, value: root }, around),
  }));
}

function group(entries: Entries, prefix: string): Readonly<Record<string, unknown>> {
  const inside = [...entries.values()].filter((entry) => entry.key.startsWith(prefix));
  return Object.fromEntries(inside.map((entry) => [entry.key.slice(prefix.length), entry.value]));
}

/** A path in a file is relative to that file, one in a variable or flag to the working directory, a default to the installation. */
function pathOf(entry: LayerEntry | undefined, around: Surroundings): string | undefined {
  if (entry === undefined) return undefined;
  const path = String(entry.value);
  if (isAbsolute(path)) return path;
  if (entry.source === 'file') return resolve(dirname((entry.where ?? '').replace(/:\d+:\d+$/, '')), path);
  return resolve(entry.source === 'default' ? around.installRoot : around.cwd, path);
}

interface MatchValues {
  readonly package: string;
  readonly versions?: string;
  readonly reason?: string;
}

function policySettings(entries: Entries): PolicySettings {
  const matches = (key: string): readonly PackageMatch[] =>
    ((entries.get(key)?.value ?? []) as readonly MatchValues[]).map((match) => ({
      ecosystem: 'npm',
      name: match.package,
      versions: match.versions,
      reason: match.reason,
    }));
  return {
    preset: entries.get('policy.preset')?.value as PresetName,
    rules: group(entries, 'policy.rules.'),
    cooldownHours: (entries.get('policy.cooldown')?.value as number) / 3_600_000,
    deny: matches('policy.deny'),
    allow: matches('policy.allow'),
  };
}
