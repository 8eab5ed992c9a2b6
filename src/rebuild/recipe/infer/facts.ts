import type { Purl } from '../../../core/purl.ts';
import type { Source } from '../../../core/rebuild.ts';

/** What recipes are inferred from. Everything but `purl` and `platform` may be hostile. */
export interface SourceFacts {
  /** With its version. */
  readonly purl: Purl;
  /** As found; its `directory` may be empty although the package lies deeper: then it is searched for. */
  readonly source: Source;
  /** Files from the top of the source. */
  readonly paths: readonly string[];
  /** Texts of `package.json` files, of lockfiles and of the files that name a Node (`wantedFiles`). */
  readonly texts: ReadonlyMap<string, string>;
  /** Seconds: the commit's date, else the newest file of an archive. */
  readonly sourceDate: number | undefined;
  readonly sourceDateFrom: 'commit' | 'files' | undefined;
  /** The commit that an archive itself names. */
  readonly namedCommit?: string | undefined;
  readonly publication: PublicationFacts;
  readonly platform: 'x64' | 'arm64';
  readonly suite: string;
}

export interface PublicationFacts {
  /** `_nodeVersion` and `_npmVersion` of the publish record. */
  readonly nodeVersion: string | undefined;
  readonly npmVersion: string | undefined;
  /** RFC 3339; undefined where the registry's times are not those of publishing. */
  readonly publishedAt: string | undefined;
  /** Files of the published tarball below its top folder, in its order; undefined: not known. */
  readonly paths: readonly string[] | undefined;
  readonly manifest: string | undefined;
}

const named = new Set([
  '.node-version',
  '.nvmrc',
  '.yarnrc.yml',
  'bun.lock',
  'npm-shrinkwrap.json',
  'package-lock.json',
  'package.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'yarn.lock',
]);

/** The files of a source whose text matters, at most 1,000; `node_modules` and fixtures deep down are left out. */
export function wantedFiles(paths: readonly string[]): readonly string[] {
  return paths
    .filter((path) => named.has(path.slice(path.lastIndexOf('/') + 1)))
    .filter((path) => !/(?:^|\/)node_modules\//.test(path) && path.split('/').length <= 5)
    .slice(0, 1000);
}
