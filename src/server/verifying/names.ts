/** What a person may name to `assay verify` and `assay inspect`. */
import { parsePurl } from '../../core/purl.ts';
import { lockfileNames } from '../../registries/npm/lockfiles/read.ts';
import { isPackageName } from '../../registries/npm/names.ts';
import { isVersion } from '../../registries/npm/order.ts';

export interface ReleaseName {
  readonly name: string;
  readonly version: string;
}

/** `pkg:npm/x@1.2.3` or `x@1.2.3`; undefined for anything else, such as a path. Throws PURL_INVALID. */
export function readReleaseName(text: string): ReleaseName | undefined {
  const { name, version } = text.startsWith('pkg:') ? npmPurl(text) : plain(text);
  return version !== undefined && isPackageName(name) && isVersion(version) ? { name, version } : undefined;
}

function npmPurl(text: string): { readonly name: string; readonly version: string | undefined } {
  const { ecosystem, name, version } = parsePurl(text);
  return ecosystem === 'npm' ? { name, version } : { name: '', version: undefined };
}

function plain(text: string): { readonly name: string; readonly version: string | undefined } {
  const at = text.indexOf('@', 1);
  return at < 1
    ? { name: text, version: undefined }
    : { name: text.slice(0, at), version: text.slice(at + 1) };
}

export function isLockfileName(name: string): boolean {
  return name === 'bun.lockb' || (lockfileNames as readonly string[]).includes(name);
}
