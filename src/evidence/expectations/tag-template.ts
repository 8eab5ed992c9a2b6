/** How a project names the tag of a version. */
import type { VerifiedPublication } from '../../core/identity.ts';

const templates = ['v{version}', '{version}', '{name}@{version}', '{unscoped}@{version}'] as const;
const prefix = 'refs/tags/';
const fewest = 3;

export function tagOf(template: string, name: string, version: string): string {
  const unscoped = name.slice(name.indexOf('/') + 1);
  return template
    .replaceAll('{version}', () => version)
    .replaceAll('{name}', () => name)
    .replaceAll('{unscoped}', () => unscoped);
}

/** Every tag that a version may have, by the usual ways of naming. */
export function usualTags(name: string, version: string): readonly string[] {
  return [...new Set(templates.map((template) => tagOf(template, name, version)))];
}

/** From the tags that versions were built from; undefined below three, or when the newest three disagree. */
export function templateOf(name: string, taught: readonly VerifiedPublication[]): string | undefined {
  const tagged = taught.filter(({ identity }) => identity.sourceRepositoryRef?.startsWith(prefix) === true);
  const newest = tagged.slice(-fewest);
  if (newest.length < fewest) return undefined;
  return templates.find((template) =>
    newest.every(
      ({ version, identity }) =>
        identity.sourceRepositoryRef === `${prefix}${tagOf(template, name, version)}`,
    ),
  );
}
