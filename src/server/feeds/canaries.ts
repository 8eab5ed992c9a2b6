/**
 * Of each ecosystem a version that every feed of it has a record about, for years. When nothing matches it, the feed lost
 * content or is not read as it was.
 */
import type { Canary } from '../../advisories/canary.ts';
import type { Ecosystem } from '../../core/purl.ts';

const canaries: Readonly<Partial<Record<Ecosystem, readonly Canary[]>>> = {
  npm: [{ name: 'lodash', version: '4.17.4' }],
  pypi: [{ name: 'django', version: '1.2' }],
  cargo: [{ name: 'smallvec', version: '0.6.0' }],
  maven: [{ name: 'org.apache.logging.log4j:log4j-core', version: '2.14.1' }],
};

/** Empty: nothing is known that must be there, and the feed's state says so. */
export function canariesOf(ecosystem: Ecosystem): readonly Canary[] {
  return canaries[ecosystem] ?? [];
}
