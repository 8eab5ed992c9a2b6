/** Names that a version's tag may have, in the order in which they are tried; and what a commit's name looks like. Pure. */

/**
 * The tags of a package that shares its repository come first: there `v1.2.3` may be another package's. Only names that
 * git would take.
 */
export function tagNames(name: string, version: string): readonly string[] {
  const bare = name.replace(/^@[^/]*\//, '');
  const full = [name, bare, name.replace(/^@/, '').replace('/', '-')];
  const of = [...new Set(full)].flatMap((prefix) => [
    `${prefix}@${version}`,
    `${prefix}@v${version}`,
    `${prefix}-v${version}`,
    `${prefix}-${version}`,
    `${prefix}/v${version}`,
    `${prefix}/${version}`,
    `${prefix}_v${version}`,
    `${prefix}_${version}`,
  ]);
  const plain = [
    `v${version}`,
    version,
    `release-${version}`,
    `release/${version}`,
    `release-v${version}`,
    `V${version}`,
  ];
  return [...new Set([...of, ...plain])].filter(isTagName);
}

/** git-check-ref-format, in printable ASCII. */
export function isTagName(name: string): boolean {
  if (!/^[\x21-\x7e]{1,300}$/.test(name) || /[~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$|^-/.test(name))
    return false;
  return name !== '@' && name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}

/** A full object name, SHA-1 or SHA-256; nothing shorter names a commit here. */
export function isObjectName(text: unknown): text is string {
  return typeof text === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) && !/^0+$/.test(text);
}
