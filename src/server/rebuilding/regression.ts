/** A version that differs where an earlier one of the same package did not: what a stolen build machine looks like from outside. */
import { parsePurl, type Purl } from '../../core/purl.ts';
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

/** For the shell of who uses the package; undefined where its name or version needs quoting. */
export function pinCommand(purl: Purl, version: string): string | undefined {
  const { ecosystem, name } = parsePurl(purl);
  if (![name, version].every((text) => /^[A-Za-z0-9@][A-Za-z0-9@/._+~:-]*$/.test(text))) return undefined;
  if (ecosystem === 'npm') return `npm install --save-exact ${name}@${version}`;
  return ecosystem === 'debian' ? `apt-get install ${name}=${version} && apt-mark hold ${name}` : undefined;
}
