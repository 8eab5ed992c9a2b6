/**
 * Which registries the gate takes packages from: the configured ones, else the machine's own, resolved once and
 * stored in `<data>/upstreams.json`. Never the gate itself: after `assay use`, npm's own setting is the gate.
 */
import { readFile } from 'node:fs/promises';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { UpstreamId } from '../../core/subject.ts';
import {
  machineRegistries,
  builtInRegistry,
  type MachineRegistries,
} from '../package-managers/npm-config.ts';
import { authorizationFrom, readNpmrc, type CredentialReference } from '../package-managers/npmrc.ts';
import { registryBeforeUse } from '../package-managers/undo-record.ts';
import { isLoopbackHost, isOwnAddress } from './addresses.ts';
import type { LayerEntry } from './layers.ts';
import type { UpstreamValues } from './schema.ts';
import type { SettingSource, Settings, UpstreamSettings } from './settings.ts';
import { readStored, writeStored, type StoredUpstream } from './stored-upstreams.ts';
import { userConfigDirectory, type Env, type Surroundings } from './surroundings.ts';

/** See `LoadInput`. */
export type UpstreamMode = 'store' | 'look' | 'refresh' | 'none';

export interface SettledUpstream {
  readonly upstream: UpstreamSettings;
  readonly source: SettingSource;
  readonly where: string | undefined;
  /** Where its credentials come from, in words; never their value. */
  readonly credentials: string | undefined;
}

export interface SettleInput {
  readonly configured: readonly LayerEntry[];
  readonly base: Omit<Settings, 'upstreams' | 'forges'>;
  readonly around: Surroundings;
  readonly mode: UpstreamMode;
}

/** Throws CONFIG_INVALID, UPSTREAM_NOT_CONFIGURED, UPSTREAM_IS_ASSAY. */
export async function settleUpstreams(input: SettleInput): Promise<readonly SettledUpstream[]> {
  if (input.mode === 'none') return [];
  const configured = input.configured.map((entry) => configuredUpstream(entry, input));
  const hasMain = configured.some((one) => one.upstream.scopes.length === 0);
  const fromMachine = hasMain ? [] : await machineUpstreams(input);
  // With anything configured by hand, only what is still missing (the main registry) is taken from the machine.
  const taken =
    configured.length === 0 ? fromMachine : fromMachine.filter((one) => one.upstream.scopes.length === 0);
  const all = [...configured, ...taken];
  refuseOverlap(all);
  return all;
}

function configuredUpstream(entry: LayerEntry, { base, around }: SettleInput): SettledUpstream {
  const values = entry.value as UpstreamValues;
  const id = entry.key.slice('upstreams.'.length) as UpstreamId;
  const url = new URL(values.url);
  const refuse = (message: string): never => {
    throw new AssayError('CONFIG_INVALID', `${entry.where ?? entry.key}: ${message}`);
  };
  const allowInsecure = values.allowInsecure ?? isLoopbackHost(url.hostname);
  if (url.protocol === 'http:' && !allowInsecure)
    refuse(`upstreams.${id}.url is plain http; use https, or state \`allowInsecure: true\``);
  if (isOwnAddress(values.url, base))
    throw new AssayError(
      'UPSTREAM_IS_ASSAY',
      `${entry.where ?? entry.key}: upstreams.${id}.url is this gate's own address`,
    );
  const token = values.tokenEnv === undefined ? undefined : around.env[values.tokenEnv];
  if (values.tokenEnv !== undefined && (token === undefined || !/^[\x21-\x7e]{1,8192}$/.test(token))) {
    refuse(
      `the environment variable ${values.tokenEnv} (upstreams.${id}.tokenEnv) is not set, or is no token`,
    );
  }
  return {
    upstream: {
      id,
      ecosystem: 'npm',
      url: values.url,
      identityHost: values.identityHost ?? url.host,
      scopes: values.scopes ?? [],
      fileHosts: values.fileHosts ?? [],
      authorization: token === undefined ? undefined : `Bearer ${token}`,
      needsToken: token !== undefined,
      allowInsecure,
    },
    source: entry.source,
    where: entry.where,
    credentials: values.tokenEnv === undefined ? undefined : `environment variable ${values.tokenEnv}`,
  };
}

async function machineUpstreams(input: SettleInput): Promise<readonly SettledUpstream[]> {
  const { around, base, mode } = input;
  const stored =
    mode === 'refresh'
      ? await readStored(base.dataDirectory).catch(() => undefined)
      : await readStored(base.dataDirectory);
  if (stored !== undefined && mode !== 'refresh')
    return Promise.all(stored.map((one) => settled(one, around.env, 'stored')));
  const machine = await machineRegistries(around.env);
  const found = await storedForm(machine, input, stored);
  if (mode !== 'look') await writeStored(base.dataDirectory, found);
  return Promise.all(found.map((one) => settled(one, around.env, 'package manager')));
}

async function storedForm(
  machine: MachineRegistries,
  input: SettleInput,
  before: readonly StoredUpstream[] | undefined,
): Promise<readonly StoredUpstream[]> {
  const { base } = input;
  const main = isOwnAddress(machine.main.url, base)
    ? await mainBehindTheGate(input, machine, before)
    : mainOf(machine);
  const scoped = machine.scoped
    .filter((registry) => !isOwnAddress(registry.url, base))
    .map((registry): StoredUpstream => ({
      id: idOfScope(registry.scope ?? ''),
      url: registry.url,
      scopes: [registry.scope ?? ''],
      credentials: registry.credentials,
      allowInsecure: true,
      caFile: machine.caFile,
      from: `npm config get ${registry.scope ?? ''}:registry`,
    }));
  return [main, ...withDistinctIds(scoped)];
}

/**
 * npm's built-in default is public: the token a person has for it is for publishing, and would close the gate to
 * everyone without a token. Any other registry was set on purpose: its credentials and its intranet address count.
 */
function mainOf(machine: MachineRegistries): StoredUpstream {
  return {
    id: 'npm',
    url: machine.main.url,
    scopes: [],
    credentials: machine.mainIsDefault ? undefined : machine.main.credentials,
    allowInsecure: !machine.mainIsDefault,
    caFile: machine.caFile,
    from: 'npm config get registry',
  };
}

async function mainBehindTheGate(
  input: SettleInput,
  machine: MachineRegistries,
  before: readonly StoredUpstream[] | undefined,
): Promise<StoredUpstream> {
  const stored = before?.find((one) => one.scopes.length === 0);
  if (stored !== undefined) return stored;
  const original = await registryBeforeUse(userConfigDirectory(input.around), machine.userConfig);
  const builtIn = await builtInRegistry(input.around.env);
  const url = original.state === 'unset' ? builtIn : original.state === 'set' ? original.url : undefined;
  if (url === undefined || isOwnAddress(url, input.base)) {
    throw new AssayError(
      'UPSTREAM_IS_ASSAY',
      `npm on this machine takes packages from ${machine.main.url}, which is this gate itself`,
    );
  }
  return {
    ...mainOf({
      ...machine,
      main: { url, scope: undefined, credentials: undefined },
      mainIsDefault: url === builtIn,
    }),
    from: 'what npm used before `assay use`',
  };
}

function idOfScope(scope: string): string {
  const plain = scope
    .slice(1)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 24);
  return `npm-${plain === '' ? 'scope' : plain}`;
}

function withDistinctIds(upstreams: readonly StoredUpstream[]): readonly StoredUpstream[] {
  const seen = new Map<string, number>();
  return upstreams.map((one) => {
    const times = (seen.get(one.id) ?? 0) + 1;
    seen.set(one.id, times);
    return times === 1 ? one : { ...one, id: `${one.id}-${times}` };
  });
}

async function settled(one: StoredUpstream, env: Env, source: SettingSource): Promise<SettledUpstream> {
  const authorization =
    one.credentials === undefined ? undefined : await credentialValue(one, one.credentials, env);
  return {
    upstream: {
      id: one.id as UpstreamId,
      ecosystem: 'npm',
      url: one.url,
      identityHost: new URL(one.url).host,
      scopes: one.scopes,
      fileHosts: [],
      authorization,
      needsToken: one.credentials !== undefined,
      allowInsecure: one.allowInsecure,
      ...(one.caFile === undefined ? {} : { caFile: one.caFile }),
    },
    source,
    where: one.from,
    credentials:
      one.credentials === undefined ? undefined : `${one.credentials.prefix} in ${one.credentials.file}`,
  };
}

async function credentialValue(
  one: StoredUpstream,
  reference: CredentialReference,
  env: Env,
): Promise<string> {
  try {
    const value = authorizationFrom(reference, readNpmrc(await readFile(reference.file, 'utf8')), env);
    if (value !== undefined) return value;
  } catch (cause) {
    throw new AssayError(
      'CONFIG_UNREADABLE',
      `the credentials of upstream ${one.id} are in ${reference.file}: ${messageOf(cause)}`,
      { cause },
    );
  }
  throw new AssayError(
    'CONFIG_INVALID',
    `${reference.file} no longer holds the credentials of ${reference.prefix}, which upstream ${one.id} needs`,
    {
      hint: 'Put them back (npm login), or resolve the upstreams anew: `assay config upstreams --refresh`.',
    },
  );
}

/** At most one upstream without scopes, and each scope in one only: a name must not have two places it can come from. */
function refuseOverlap(all: readonly SettledUpstream[]): void {
  const owners = new Map<string, string>();
  for (const { upstream, where } of all) {
    for (const scope of upstream.scopes.length === 0
      ? ['(everything without a scope of its own)']
      : upstream.scopes) {
      const owner = owners.get(scope);
      if (owner !== undefined)
        throw new AssayError(
          'CONFIG_INVALID',
          `${where ?? upstream.id}: upstreams ${owner} and ${upstream.id} both serve ${scope}; one name must come from one place`,
        );
      owners.set(scope, upstream.id);
    }
  }
}
