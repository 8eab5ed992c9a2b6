/** Is this Node new enough for what the gate must withstand? */
import type { Finding } from './finding.ts';

/** Oldest release of each line without known holes in what the gate exposes (HTTP parsing, zlib, TLS). */
const floors: readonly (readonly [number, number, number])[] = [
  [24, 22, 1],
  [26, 12, 1],
];

export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split('.').map(Number);
  const floor = floors.find(([line]) => line === major);
  const about = 'node';
  if (floor === undefined && major > (floors.at(-1)?.[0] ?? 0))
    return { state: 'good', about, message: `Node ${version}`, remedy: '' };
  const named = floors.map((one) => one.join('.')).join(' or ');
  if (floor === undefined)
    return {
      state: 'bad',
      about,
      message: `Node ${version} is of no line that is looked after here`,
      remedy: `Use Node ${named}, or newer.`,
    };
  const isNewEnough = minor > floor[1] || (minor === floor[1] && patch >= floor[2]);
  if (isNewEnough) return { state: 'good', about, message: `Node ${version}`, remedy: '' };
  return {
    state: 'warning',
    about,
    message: `Node ${version} is older than the security release ${floor.join('.')}`,
    remedy: `Use Node ${named}, or newer.`,
  };
}
