/**
 * Which way a locked artifact takes to the machine, with the client pointed at the gate. Seen with npm 11 and 12,
 * pnpm 10 to 12, Yarn 1 and 4, Bun 1.4:
 *
 * - No URL in the lockfile: every client asks its configured registry.
 * - npm: a `resolved` on its built-in default registry's host is rewritten to the configured registry
 *   (`replace-registry-host`, default `npmjs`); any other host is fetched from directly.
 * - pnpm (`tarball:`), Yarn 1 (`resolved`), Yarn Berry (`__archiveUrl`), Bun (second field): fetched from that URL,
 *   whatever registry is configured, the built-in one's host included.
 * - git and tarballs by URL never ask a registry.
 */
import type { LockedEntry, LockfileFormat } from '../../registries/npm/lockfiles/types.ts';

export type Route =
  | { readonly kind: 'gate' }
  | { readonly kind: 'local' }
  /** No package that the gate speaks for. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'bypass'; readonly why: string };

export interface RouteContext {
  readonly format: LockfileFormat;
  /** Is this URL served by the gate? */
  readonly isGate: (url: URL) => boolean;
  /** Host of npm's built-in default registry; undefined when npm could not be asked. */
  readonly builtInHost: string | undefined;
  /** Registry the project's own configuration names for a package, when it is not the gate. */
  readonly projectRegistry: (name: string) => { readonly url: string; readonly file: string } | undefined;
}

export function routeOf(entry: LockedEntry, context: RouteContext): Route {
  if (entry.source === 'local') return { kind: 'local' };
  if (entry.source === 'unknown') return { kind: 'unknown' };
  if (entry.source === 'git') return bypass(`from git (${shown(entry.url)}), which asks no registry`);
  if (entry.url === undefined)
    return entry.source === 'url'
      ? bypass('from a place of its own, not a registry')
      : byConfiguration(entry, context);
  const url = URL.canParse(entry.url) ? new URL(entry.url) : undefined;
  if (url === undefined) return bypass(`from ${shown(entry.url)}, which is no URL`);
  if (context.isGate(url)) return { kind: 'gate' };
  if (context.format === 'npm' && url.hostname === context.builtInHost)
    return byConfiguration(entry, context);
  return bypass(
    isSbom(context.format)
      ? `the document says that it came from ${url.host}, past the gate`
      : `the lockfile fetches it from ${url.host}, past the gate`,
  );
}

function byConfiguration(entry: LockedEntry, context: RouteContext): Route {
  const elsewhere = context.projectRegistry(entry.name);
  return elsewhere === undefined
    ? { kind: 'gate' }
    : bypass(`${elsewhere.file} sends it to ${new URL(elsewhere.url).host}, past the gate`);
}

/** Nobody installs from a bill of materials: no client's configuration is behind it. */
export function isSbom(format: LockfileFormat): boolean {
  return format === 'cyclonedx' || format === 'spdx';
}

function bypass(why: string): Route {
  return { kind: 'bypass', why };
}

function shown(url: string | undefined): string {
  return url === undefined ? 'no URL' : url.slice(0, 200);
}
