/** A version that differs where an earlier one of the same package did not: what a stolen build machine looks like from outside. */
import { parsePurl } from '../../core/purl.ts';
import type { RebuildRecord } from '../../core/rebuild.ts';

export function isGoodVerdict({ outcome }: Pick<RebuildRecord, 'outcome'>): boolean {
  if (outcome.state !== 'compared') return false;
  const { verdict } = outcome.comparison;
  return verdict !== 'unexplained' && verdict !== 'suspicious';
}

export function isBadVerdict({ outcome }: Pick<RebuildRecord, 'outcome'>): boolean {
  return outcome.state === 'compared' && !isGoodVerdict({ outcome });
}

/** The version to stay with: the one of the same package that was built last and matched. Undefined: no regression. */
export function lastGoodVersion(
  record: RebuildRecord,
  others: readonly { readonly record: RebuildRecord }[],
): string | undefined {
  if (!isBadVerdict(record)) return undefined;
  const good = others.find((other) => other.record.purl !== record.purl && isGoodVerdict(other.record));
  return good === undefined ? undefined : parsePurl(good.record.purl).version;
}
