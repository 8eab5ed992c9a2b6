/** Certificates of private authorities that upstreams are reached through. */
import { readFileSync } from 'node:fs';
import type { UpstreamSettings } from './settings.ts';

/** PEM of all of them, each file once; undefined when none is configured. Throws what reading a file throws. */
export function authorities(upstreams: readonly UpstreamSettings[]): string | undefined {
  const files = new Set(upstreams.flatMap((one) => (one.caFile === undefined ? [] : [one.caFile])));
  if (files.size === 0) return undefined;
  return [...files].map((file) => readFileSync(file, 'utf8')).join('\n');
}
