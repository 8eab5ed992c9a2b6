/** Which upstream answers for a package name. A scope that has an owner never falls through to another upstream. */
import type { UpstreamId } from '../core/subject.ts';
import { baitScope, baitUpstream } from './bait.ts';
import type { UpstreamSettings } from './config/settings.ts';

export interface Route {
  readonly upstream: UpstreamId;
  readonly needsToken: boolean;
}

/** Undefined when no upstream is configured for the name. */
export type NpmRoutes = (name: string) => Route | undefined;

export function createNpmRoutes(upstreams: readonly UpstreamSettings[]): NpmRoutes {
  const npm = upstreams.filter((upstream) => upstream.ecosystem === 'npm');
  const byScope = new Map(
    npm.flatMap((upstream) => upstream.scopes.map((scope) => [scope, upstream] as const)),
  );
  const fallback = npm.find((upstream) => upstream.scopes.length === 0);
  return (name) => {
    const scope = name.startsWith('@') ? name.slice(0, name.indexOf('/')) : undefined;
    // Dependency confusion (Birsan 2021): the reserved scope and owned scopes are asked for in one place only.
    if (scope === baitScope) return { upstream: baitUpstream, needsToken: false };
    const owner = scope === undefined ? fallback : (byScope.get(scope) ?? fallback);
    return owner === undefined ? undefined : { upstream: owner.id, needsToken: owner.needsToken };
  };
}
