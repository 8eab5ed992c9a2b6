/** Those whose VEX documents are believed, each with the public key that its signatures are made with. */
import type { LayerEntry } from './layers.ts';
import type { VexSignerValues } from './schema.ts';
import type { VexSignerSettings } from './settings.ts';

const dayMs = 86_400_000;
/** As long as anything that is said here holds. */
const defaultValidMs = 365 * dayMs;

export function vexSignerSettings(entry: LayerEntry | undefined): readonly VexSignerSettings[] {
  return ((entry?.value ?? []) as readonly VexSignerValues[]).map(
    ({ name, publicKey, validFor = defaultValidMs }) => ({
      name,
      key: publicKey,
      validDays: validFor / dayMs,
    }),
  );
}
