/** Statements by the package they are about, so that a decision looks at its own alone. */
import { parsePurl, type Ecosystem } from '../../core/purl.ts';
import { instantOf } from '../../core/time.ts';
import type { VexStatement } from '../../core/vex.ts';

export interface StatementIndex {
  readonly all: readonly VexStatement[];
  readonly about: (ecosystem: Ecosystem, name: string) => readonly VexStatement[];
}

export function indexOf(all: readonly VexStatement[]): StatementIndex {
  const byPackage = Map.groupBy(all, ({ product }) => {
    const { ecosystem, name } = parsePurl(product);
    return keyOf(ecosystem, name);
  });
  return { all, about: (ecosystem, name) => byPackage.get(keyOf(ecosystem, name)) ?? [] };
}

/** No ecosystem's name has a `/`. */
function keyOf(ecosystem: Ecosystem, name: string): string {
  return `${ecosystem}/${name}`;
}

/** The names, by ecosystem, that statements are about. */
export function packagesIn(statements: readonly VexStatement[]): ReadonlyMap<Ecosystem, readonly string[]> {
  const found = new Map<Ecosystem, Set<string>>();
  for (const { product } of statements) {
    const { ecosystem, name } = parsePurl(product);
    const names = found.get(ecosystem) ?? new Set();
    found.set(ecosystem, names.add(name));
  }
  return new Map([...found].map(([ecosystem, names]) => [ecosystem, [...names].sort()]));
}

/** A time that cannot be read is outside. */
export function inForce(statements: readonly VexStatement[], now: Date): readonly VexStatement[] {
  const at = now.getTime();
  return statements.filter(
    ({ from, until }) => instantOf(from) <= at && (until === undefined || at < instantOf(until)),
  );
}
