/** Settings as `assay config` prints them: key, value, source, place. No secret gets here: they are named, not held. */
import type { LayerEntry } from './layers.ts';
import type { SettingSource, Settings } from './settings.ts';
import type { SettledUpstream } from './upstreams.ts';

export interface SettingInForce {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  readonly source: SettingSource;
  readonly where?: string;
}

export function settingsShown(
  entries: ReadonlyMap<string, LayerEntry>,
  settings: Settings,
  upstreams: readonly SettledUpstream[],
): readonly SettingInForce[] {
  const simple = [...entries.values()].filter((entry) => !entry.key.startsWith('upstreams.'));
  const paths: Readonly<Record<string, unknown>> = {
    data: settings.dataDirectory,
    'ledger.witnesses': settings.ledger.witnessesFile,
    'signer.directory': settings.signer.directory,
    'rebuild.directory': settings.rebuild.directory,
    'rebuild.recipes': settings.rebuild.recipes,
    'rebuild.sshKey': settings.rebuild.sshKey,
    'rebuild.sshKnownHosts': settings.rebuild.sshKnownHosts,
  };
  const shown = simple.map((entry) =>
    inForce(entry.key, Object.hasOwn(paths, entry.key) ? paths[entry.key] : entry.value, entry),
  );
  return [...shown, ...upstreams.flatMap(shownUpstream)].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function shownUpstream(settled: SettledUpstream): readonly SettingInForce[] {
  const { upstream, credentials } = settled;
  const fields: Readonly<Record<string, unknown>> = {
    ecosystem: upstream.ecosystem,
    url: upstream.url,
    identityHost: upstream.identityHost,
    scopes: upstream.scopes,
    fileHosts: upstream.fileHosts,
    allowInsecure: upstream.allowInsecure,
    ...(credentials === undefined ? {} : { credentials: `[redacted] from ${credentials}` }),
    ...(upstream.caFile === undefined ? {} : { caFile: upstream.caFile }),
  };
  return Object.entries(fields).map(([key, value]) =>
    inForce(`upstreams.${upstream.id}.${key}`, value, settled),
  );
}

/** Written as a duration, and held in milliseconds. */
const inHours: readonly string[] = ['policy.cooldown', 'trust.refreshEvery', 'trust.maxAge'];

function inForce(
  key: string,
  value: unknown,
  origin: { readonly source: SettingSource; readonly where: string | undefined },
): SettingInForce {
  const text =
    (inHours.includes(key) || /^feeds\..*\.refreshEvery$/.test(key)) && typeof value === 'number'
      ? JSON.stringify(`${value / 3_600_000}h`)
      : JSON.stringify(value);
  return {
    key,
    value: text,
    source: origin.source,
    ...(origin.where === undefined ? {} : { where: origin.where }),
  };
}
