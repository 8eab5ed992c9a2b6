/**
 * Commits that change nothing but a version and the list of changes: what a release script pushes, which nobody reviews, and
 * which brings nothing to review. Anything else in the same commit, also one more field, and it is none.
 */
import { canonicalJson } from '../../../core/canonical-json.ts';
import { isJsonObject, own, ownObject, type JsonObject } from '../../../core/json.ts';

const changes = /^(?:CHANGELOG|CHANGES|HISTORY)(?:\.(?:md|txt|rst))?$/i;
const versioned: readonly string[] = ['package.json', 'package-lock.json'];

/** Whether a commit that touched these can be one: which of them have to be compared; undefined: it is none. */
export function toCompare(paths: readonly string[]): readonly string[] | undefined {
  const named = paths.map((path) => ({ path, name: path.slice(path.lastIndexOf('/') + 1) }));
  const compared = named.filter(({ name }) => versioned.includes(name));
  return named.every(({ name }) => versioned.includes(name) || changes.test(name))
    ? compared.map(({ path }) => path)
    : undefined;
}

/** Whether two states of a file differ in the version alone. What cannot be read is never the same. */
export function sameButVersion(before: Uint8Array | undefined, after: Uint8Array | undefined): boolean {
  const [old, now] = [withoutVersion(before), withoutVersion(after)];
  return old !== undefined && old === now;
}

/** Of a lockfile the version stands a second time, in the entry of the package itself. */
function withoutVersion(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!isJsonObject(json)) return undefined;
    const packages = ownObject(json, 'packages');
    const self = packages === undefined ? undefined : ownObject(packages, '');
    const plain = without(json, 'version');
    if (packages === undefined || self === undefined || own(json, 'lockfileVersion') === undefined)
      return canonicalJson(plain);
    return canonicalJson({ ...plain, packages: { ...packages, '': without(self, 'version') } });
  } catch {
    return undefined;
  }
}

function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}
