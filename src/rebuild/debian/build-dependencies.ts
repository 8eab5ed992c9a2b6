/** What the base root of a build holds, by the signed index; and, once it is made, what each of it is by digest. */
import type { BuildInput } from '../../core/rebuild.ts';
import type { Suite } from './archive.ts';
import { readBinary, type BinaryPackage } from './binary-package.ts';
import type { BaseSuites, DebianBases } from './bases.ts';
import { readRelations, type BuildSetting } from './relations.ts';
import { refusal } from './refusals.ts';
import type { SourcePackage } from './source-package.ts';

/** What every Debian build may count on (Policy 4.2), what pretends to be root, and what freezes the clock. */
export const always = ['build-essential', 'fakeroot', 'libfaketime', 'xz-utils', 'zstd'];

/** Which binary packages of a source a build is to make. */
export type BuildKind = 'any' | 'all';

/** As Debian's builders do: packages for one architecture apart from those for all. */
export function buildKind({ architecture }: Pick<BinaryPackage, 'architecture'>): BuildKind {
  return architecture === 'all' ? 'all' : 'any';
}

/** Names, sorted. Throws DEBIAN_PACKAGE_ABSENT, DEBIAN_ARCHIVE_INVALID, and as reading the index does. */
export async function buildDependencies(
  suites: BaseSuites,
  { fields }: Pick<SourcePackage, 'fields'>,
  kind: BuildKind,
): Promise<readonly string[]> {
  const [{ options }] = suites;
  const setting: BuildSetting = { architecture: options.architecture, profiles: [] };
  const wanted = [
    ...readRelations(fields.get('build-depends'), setting),
    ...readRelations(fields.get(`build-depends-${kind === 'all' ? 'indep' : 'arch'}`), setting),
  ];
  const indexes = await Promise.all(suites.map((suite) => suite.packages()));
  const named = (name: string): readonly string[] =>
    indexes.some((index) => index.named(name).length > 0)
      ? [name]
      : indexes.flatMap((index) => index.providersOf(name));
  const chosen = new Set(always);
  for (const alternatives of wanted) {
    // The first that there is, as Debian's own builders choose.
    const [name] = alternatives.flatMap(named);
    if (name === undefined)
      throw refusal('DEBIAN_PACKAGE_ABSENT', `${options.suite} has nothing for ${alternatives.join(' | ')}`);
    chosen.add(name);
  }
  return [...chosen].sort();
}

/**
 * Every package of a base by digest. Throws DEBIAN_PACKAGE_ABSENT where one is in none of these suites' signed indexes:
 * then nobody vouches for what was built with it.
 */
export async function dependencyInputs(
  suites: readonly Suite[],
  base: Awaited<ReturnType<DebianBases['base']>>,
): Promise<readonly BuildInput[]> {
  const inputs: BuildInput[] = [];
  for (const { name, version, architecture } of base.packages) {
    const found = await findIn(suites, name, version, architecture);
    if (found === undefined)
      throw refusal(
        'DEBIAN_PACKAGE_ABSENT',
        `the base holds ${name} ${version} ${architecture}, which is in no signed index that was read`,
      );
    inputs.push({
      role: 'build-dependency',
      name: `${name} ${version} ${architecture}`,
      uri: `${found.archive.replace(/\/+$/, '')}/${found.binary.path}`,
      digest: { sha256: found.binary.file.sha256 },
    });
  }
  return inputs;
}

async function findIn(
  suites: readonly Suite[],
  name: string,
  version: string,
  architecture: string,
): Promise<{ readonly archive: string; readonly binary: BinaryPackage } | undefined> {
  for (const suite of suites) {
    const index = await suite.packages();
    const paragraph = index
      .named(name)
      .find((one) => one.get('version') === version && one.get('architecture') === architecture);
    if (paragraph !== undefined) return { archive: suite.options.archive, binary: readBinary(paragraph) };
  }
  return undefined;
}
