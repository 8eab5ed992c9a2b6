/** Names of ecosystems in the OSV schema, and how each of them writes one package's name. */
import type { Ecosystem } from '../../core/purl.ts';

const ecosystems: Readonly<Record<string, Ecosystem>> = {
  npm: 'npm',
  PyPI: 'pypi',
  Debian: 'debian',
  Go: 'go',
  'crates.io': 'cargo',
  Maven: 'maven',
};

/** `Debian:12` is `debian`, release `12`. Undefined for an ecosystem that is not served here. */
export function ecosystemOf(
  text: string,
): { readonly ecosystem: Ecosystem; readonly release: string | undefined } | undefined {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const ecosystem = Object.hasOwn(ecosystems, name) ? ecosystems[name] : undefined;
  if (ecosystem === undefined) return undefined;
  return { ecosystem, release: colon < 0 ? undefined : text.slice(colon + 1) };
}

/** PyPI's names are one however they are written (PEP 503); Maven's are `group:artifact`, which our purls write with a slash. */
export function normaliseName(ecosystem: Ecosystem, name: string): string {
  if (ecosystem === 'pypi') return name.toLowerCase().replace(/[-_.]+/g, '-');
  return ecosystem === 'maven' ? name.replace(':', '/') : name;
}
