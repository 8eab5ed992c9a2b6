/** The catalogue: every version with its class, and the share of Secure among them. */
import type { Purl } from '../core/purl.ts';
import type { ComparisonVerdict, PackageClass } from '../core/rebuild.ts';

export interface CatalogueEntry extends PackageClass {
  readonly purl: Purl;
  /** Of the newest build; undefined: never built. */
  readonly verdict: ComparisonVerdict | undefined;
}

export interface Catalogue {
  /** Secure first, then by purl. */
  readonly entries: readonly CatalogueEntry[];
  readonly secure: number;
  readonly community: number;
  /** Named and not on record here: they count as Community, since nothing is known of them. */
  readonly unknown: readonly Purl[];
}

/** The same version twice counts once. */
export function catalogue(entries: readonly CatalogueEntry[], unknown: readonly Purl[] = []): Catalogue {
  const once = [...new Map(entries.map((entry) => [entry.purl, entry])).values()];
  const known = new Set(once.map(({ purl }) => purl));
  const nameless = [...new Set(unknown)].filter((purl) => !known.has(purl)).sort();
  const secure = once.filter((entry) => entry.class === 'secure').length;
  return {
    entries: once.sort(byClass),
    secure,
    community: once.length - secure + nameless.length,
    unknown: nameless,
  };
}

/** 0 to 1; undefined of nothing. */
export function secureShare({
  secure,
  community,
}: Pick<Catalogue, 'secure' | 'community'>): number | undefined {
  const all = secure + community;
  return all === 0 ? undefined : secure / all;
}

function byClass(a: CatalogueEntry, b: CatalogueEntry): number {
  if (a.class !== b.class) return a.class === 'secure' ? -1 : 1;
  return a.purl < b.purl ? -1 : 1;
}
