/**
 * Default limits, set from measurement: 1,628 tarballs, which npm installed for three applications (old and new; the
 * oldest files date from 2011), held at most 8,711 members, 190 MiB unpacked, 20 unpacked bytes per packed byte, paths
 * of 13 segments and 122 bytes, and a package.json of 41 KB. The limits leave room above; what reaches them is a finding.
 */
import type { ArchiveLimits } from '../core/archive-reading.ts';

const MiB = 1024 * 1024;

export const defaultArchiveLimits: ArchiveLimits = {
  entries: 100_000,
  unpackedBytes: 1024 * MiB,
  ratio: 200,
  pathBytes: 1024,
  pathDepth: 64,
  manifestBytes: 256 * 1024,
  cpuSeconds: 60,
  wallMs: 120_000,
  residentBytes: 512 * MiB,
};

/** The ratio is asked only above this: a tiny file in padded blocks compresses a hundredfold and harms nobody. */
export const ratioFreeBytes = MiB;
/** Largest extended header (the longest measured was 2,393 bytes). node-tar ignores those over 1 MiB: others do not. */
export const metaBytes = 256 * 1024;
