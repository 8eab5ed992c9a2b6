/**
 * package.json, field by field. What decides which code runs or is fetched is compared as it stands, in its own order;
 * of the rest the order of the top keys is forgiven, and the fields that npm's own tools once wrote when publishing.
 *
 * The form in D3: RFC 8785 JSON of a list of [field, value], sorted by field (UTF-16 code units), without the forgiven
 * fields; the value of a protected field is the string that JSON.stringify makes of it, so that the order inside stays
 * part of it.
 */
import { canonicalBytes, canonicalJson } from '../../../core/canonical-json.ts';
import type { BuildFacts, FieldDifference, ManifestComparison } from '../../../core/comparison-input.ts';
import { own, ownObject, type Json, type JsonObject } from '../../../core/json.ts';
import { contentDifference } from '../content-edit.ts';
import { readManifest } from './json-keys.ts';

/** Never normalised: each decides what is run, loaded, fetched or shipped, or what the package is. */
export const protectedFields: ReadonlySet<string> = new Set([
  'bin',
  'browser',
  'bundleDependencies',
  'bundledDependencies',
  'cpu',
  'dependencies',
  'directories',
  'engines',
  'exports',
  'files',
  'gypfile',
  'imports',
  'libc',
  'main',
  'module',
  'name',
  'optionalDependencies',
  'os',
  'overrides',
  'peerDependencies',
  'peerDependenciesMeta',
  'publishConfig',
  'scripts',
  'type',
  'version',
]);

/** Of the protected ones: these say what code a user gets. */
const decisiveFields: ReadonlySet<string> = new Set([
  'bin',
  'browser',
  'bundleDependencies',
  'bundledDependencies',
  'dependencies',
  'directories',
  'exports',
  'files',
  'gypfile',
  'imports',
  'main',
  'module',
  'name',
  'optionalDependencies',
  'peerDependencies',
  'scripts',
  'type',
]);

const order = { name: 'package-json-order', version: '1' } as const;
const fields = { name: 'package-json-fields', version: '1' } as const;
const mostShown = 8 * 1024;

export function compareManifests(
  path: string,
  upstream: Uint8Array,
  rebuilt: Uint8Array,
  facts: BuildFacts,
): ManifestComparison {
  const published = readManifest(upstream);
  const built = readManifest(rebuilt);
  if (published.manifest === undefined || built.manifest === undefined) {
    return unreadable(upstream, rebuilt, published.problem, built.problem);
  }
  const keys = [...new Set([...Object.keys(published.manifest), ...Object.keys(built.manifest)])].sort();
  const differences: FieldDifference[] = [];
  const top = path === 'package.json';
  for (const field of keys) {
    const theirs = own(published.manifest, field);
    const ours = own(built.manifest, field);
    if (written(field, theirs) === written(field, ours)) continue;
    differences.push(differenceOf(field, theirs, ours, facts, top));
  }
  const forgiven = new Set(differences.filter(({ grade }) => grade === 'benign').map(({ field }) => field));
  const reordered = differences.length === 0 || orderDiffers(published.manifest, built.manifest, forgiven);
  return {
    differences: differences.length === 0 ? [onlyOrder] : differences,
    canonical: {
      upstream: canonicalForm(published.manifest, forgiven),
      rebuilt: canonicalForm(built.manifest, forgiven),
    },
    used: [...(forgiven.size > 0 ? [fields] : []), ...(reordered ? [order] : [])],
  };
}

const onlyOrder: FieldDifference = {
  field: '',
  grade: 'benign',
  rule: order.name,
  reason: 'The same fields with the same values; only the order of the top keys or white space differs.',
  shown: undefined,
};

function orderDiffers(a: JsonObject, b: JsonObject, without: ReadonlySet<string>): boolean {
  const keys = (of: JsonObject): string => JSON.stringify(Object.keys(of).filter((key) => !without.has(key)));
  return keys(a) !== keys(b);
}

/** The one text of a value: in its own order where that may matter. */
function written(field: string, value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  return protectedFields.has(field) ? JSON.stringify(value) : canonicalJson(value);
}

function canonicalForm(manifest: JsonObject, without: ReadonlySet<string>): Uint8Array {
  const kept = Object.keys(manifest)
    .filter((field) => !without.has(field))
    .sort()
    .map((field): Json => {
      const value = manifest[field] ?? null;
      return [field, protectedFields.has(field) ? JSON.stringify(value) : value];
    });
  return canonicalBytes(kept);
}

function unreadable(
  upstream: Uint8Array,
  rebuilt: Uint8Array,
  theirs: string | undefined,
  ours: string | undefined,
): ManifestComparison {
  const why =
    theirs === undefined
      ? `the one built here cannot be read: ${ours}`
      : `upstream's cannot be read: ${theirs}`;
  const difference: FieldDifference = {
    field: '',
    grade: 'suspicious',
    rule: 'npm/manifest-unreadable',
    reason: `Both sides have a package.json, they differ, and ${why}.`,
    shown: contentDifference(upstream, rebuilt).show(() => '', mostShown),
  };
  return { differences: [difference], canonical: { upstream, rebuilt }, used: [] };
}

// ---- grades ----

function differenceOf(
  field: string,
  theirs: Json | undefined,
  ours: Json | undefined,
  facts: BuildFacts,
  top: boolean,
): FieldDifference {
  const shown = contentDifference(pretty(field, theirs), pretty(field, ours)).show(() => '', mostShown);
  return { field, shown, ...judged(field, theirs, ours, facts, top) };
}

function pretty(field: string, value: Json | undefined): Uint8Array {
  return Buffer.from(
    value === undefined ? '' : `${JSON.stringify(field)}: ${JSON.stringify(value, undefined, 2)}`,
    'utf8',
  );
}

function judged(
  field: string,
  theirs: Json | undefined,
  ours: Json | undefined,
  facts: BuildFacts,
  top: boolean,
): Omit<FieldDifference, 'field' | 'shown'> {
  if (field === 'gitHead') return judgedGitHead(theirs, ours, facts);
  if (field === 'version' && top) return judgedVersion(theirs, facts);
  if (field.startsWith('_') && !field.startsWith('__')) {
    return {
      grade: 'benign',
      rule: fields.name,
      reason: `npm's own tools wrote \`${field}\` for themselves; nothing reads it.`,
    };
  }
  if (!protectedFields.has(field)) {
    return {
      grade: 'unexplained',
      rule: 'npm/manifest-field',
      reason: `\`${field}\` differs. It does not decide what runs, but nothing explains it.`,
    };
  }
  if (canonicalOrNone(theirs) === canonicalOrNone(ours)) {
    return {
      grade: 'unexplained',
      rule: 'npm/field-order',
      reason: `\`${field}\` says the same in another order, and that is never normalised.`,
    };
  }
  if (decisiveFields.has(field) && !onlyLess(field, theirs, ours))
    return suspiciousField(field, theirs, ours);
  return {
    grade: 'unexplained',
    rule: `npm/${kebab(field)}`,
    reason: `\`${field}\` differs, and is never normalised.`,
  };
}

function judgedGitHead(
  theirs: Json | undefined,
  ours: Json | undefined,
  { commit }: BuildFacts,
): Omit<FieldDifference, 'field' | 'shown'> {
  const known = (value: Json | undefined): boolean =>
    value === undefined || (commit !== undefined && value === commit);
  return known(theirs) && known(ours)
    ? { grade: 'benign', rule: fields.name, reason: '`gitHead` names the very commit that was built.' }
    : {
        grade: 'unexplained',
        rule: 'npm/git-head',
        reason: '`gitHead` names another commit than the one that was built.',
      };
}

function judgedVersion(
  theirs: Json | undefined,
  { version }: BuildFacts,
): Omit<FieldDifference, 'field' | 'shown'> {
  return theirs === version
    ? {
        grade: 'unexplained',
        rule: 'npm/version',
        reason: 'The source has another version in its package.json: the recipe does not set it.',
      }
    : {
        grade: 'suspicious',
        rule: 'npm/version',
        reason: 'Upstream says another version inside than the one it is published under.',
      };
}

/** Upstream lacks something of ours and has nothing of its own: tools that strip fields do so. */
function onlyLess(field: string, theirs: Json | undefined, ours: Json | undefined): boolean {
  if (field !== 'scripts' && !field.toLowerCase().endsWith('dependencies')) return false;
  const before = ours === undefined ? {} : asObject(ours);
  const after = theirs === undefined ? {} : asObject(theirs);
  if (before === undefined || after === undefined) return false;
  return Object.entries(after).every(
    ([key, value]) => JSON.stringify(own(before, key)) === JSON.stringify(value),
  );
}

function asObject(value: Json): JsonObject | undefined {
  return ownObject({ value }, 'value');
}

/** What npm runs by itself when a user installs the package. */
const installScripts = ['preinstall', 'install', 'postinstall'] as const;

function suspiciousField(
  field: string,
  theirs: Json | undefined,
  ours: Json | undefined,
): Omit<FieldDifference, 'field' | 'shown'> {
  const after = theirs === undefined ? undefined : asObject(theirs);
  const before = ours === undefined ? undefined : asObject(ours);
  const added = installScripts.filter(
    (name) =>
      after !== undefined && own(after, name) !== undefined && own(after, name) !== own(before ?? {}, name),
  );
  if (field === 'scripts' && added.length > 0) {
    return {
      grade: 'suspicious',
      rule: 'npm/install-script',
      reason: `Upstream runs another \`${added.join('`, `')}\` script when it is installed than the source has.`,
    };
  }
  return {
    grade: 'suspicious',
    rule: `npm/${kebab(field)}`,
    reason: `\`${field}\` decides what a user runs or fetches, and the source has another value.`,
  };
}

function canonicalOrNone(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}

function kebab(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
