/** The configured forges, each with its token from the environment. */
import { AssayError } from '../../core/errors.ts';
import type { LayerEntry } from './layers.ts';
import type { ForgeValues } from './schema.ts';
import type { ForgeSettings } from './settings.ts';
import type { Env } from './surroundings.ts';

/** Throws CONFIG_INVALID for a variable that is not set, or holds no token. */
export function forgeSettings(entry: LayerEntry | undefined, env: Env): readonly ForgeSettings[] {
  return ((entry?.value ?? []) as readonly ForgeValues[]).map(({ host, kind, api, tokenEnv }, index) => {
    const token = tokenEnv === undefined ? undefined : env[tokenEnv];
    if (tokenEnv !== undefined && (token === undefined || !/^[\x21-\x7e]{1,8192}$/.test(token)))
      throw new AssayError(
        'CONFIG_INVALID',
        `${entry?.where ?? 'forges'}: the environment variable ${tokenEnv} (forges.${index}.tokenEnv) is not set, or is no token`,
      );
    return { host, kind, api, token };
  });
}
