/** Scans what a person names, without a gate: files and folders where they lie, releases from their upstream. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createArchiveReader } from '../../archive/reader.ts';
import type { AdvisoryLookup, AdvisoryMatch } from '../../core/advisory.ts';
import type { Currency } from '../../core/currency.ts';
import { parseIntegrity } from '../../core/digest.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { ScanAttempt } from '../../core/scan-report.ts';
import { createScanner, defaultScanLimits, type Scanner } from '../../scan/scanner.ts';
import type { Settings } from '../config/settings.ts';
import type { ReleaseName } from '../verifying/names.ts';
import { manifestOf, type ManifestName } from './manifest.ts';
import { openReleases, type Releases } from './releases.ts';

export interface ScannedPackage {
  /** As asked: a path, or `name@version`. */
  readonly asked: string;
  /** As its own package.json says; undefined where that could not be read. */
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly scan: ScanAttempt;
  /** Undefined: no feed was given, or nobody knows its name and version. */
  readonly advisories: readonly AdvisoryMatch[] | undefined;
  /** Undefined: no index was asked for it. */
  readonly currency: Currency | undefined;
}

export interface LocalScanOptions {
  readonly settings: Settings;
  readonly advisories: AdvisoryLookup | undefined;
  /** Folders and files that will be scanned where they lie: the children may read these. */
  readonly readable: readonly string[];
}

export interface LocalScan {
  /** A tarball or a folder. Throws SCAN_NOT_FOUND. */
  readonly path: (path: string) => Promise<ScannedPackage>;
  /**
   * `integrity`: SRI that the bytes must have besides what the index claims. Throws UPSTREAM_*, INDEX_*: what cannot be
   * had, or is other bytes, is not scanned.
   */
  readonly release: (release: ReleaseName, integrity?: string) => Promise<ScannedPackage>;
  readonly close: () => Promise<void>;
}

const children = 2;

export async function openLocalScan(options: LocalScanOptions): Promise<LocalScan> {
  const work = await mkdtemp(join(tmpdir(), 'assay-scan-'));
  const readable = [work, ...options.readable.map((path) => resolve(path))];
  const scanner = createScanner({
    nodePath: process.execPath,
    readable,
    limits: defaultScanLimits,
    children,
  });
  const archive = createArchiveReader({
    limits: options.settings.archiveLimits,
    children: 1,
    nodePath: process.execPath,
    readable,
  });
  let releases: Promise<Releases> | undefined;

  async function tarball(asked: string, path: string, bytes: number): Promise<ScannedPackage> {
    const name = await manifestOf(() => archive.read(path, bytes));
    if ('refused' in name) return finished(options, asked, {}, failed('ARCHIVE_READER_FAILED', name.refused));
    return finished(options, asked, name, await scanned(() => scanner.scan(path, bytes)));
  }

  return {
    path: async (path) => {
      const info = await stat(path).catch(() => undefined);
      if (info?.isFile() === true) return tarball(path, path, info.size);
      if (info?.isDirectory() !== true)
        throw new AssayError('SCAN_NOT_FOUND', `${path}: there is no such file or folder`);
      const name = await manifestOf(path);
      const known = 'refused' in name ? {} : name;
      return finished(options, path, known, await scanned(() => scanner.scanFolder(path)));
    },
    release: async ({ name, version }, integrity = '') => {
      releases ??= openReleases(options.settings, work);
      const { path, sizeBytes } = await (await releases).fetch(name, version, parseIntegrity(integrity));
      const found = await tarball(`${name}@${version}`, path, sizeBytes);
      // What is installed under this name is judged under this name, whatever it says of itself.
      const currency = await (await releases).currency(name, version);
      return { ...finished(options, found.asked, { name, version }, found.scan), currency };
    },
    close: async () => {
      await (await releases?.catch(() => undefined))?.close();
      await Promise.all([scanner.close(), archive.close()]);
      await rm(work, { recursive: true, force: true });
    },
  };
}

function finished(
  { advisories }: LocalScanOptions,
  asked: string,
  { name, version }: ManifestName,
  scan: ScanAttempt,
): ScannedPackage {
  const isKnown = advisories?.feed !== undefined && name !== undefined && version !== undefined;
  return {
    asked,
    name,
    version,
    scan,
    advisories: isKnown ? advisories.match(name, version) : undefined,
    currency: undefined,
  };
}

async function scanned(scan: () => ReturnType<Scanner['scan']>): Promise<ScanAttempt> {
  try {
    return { state: 'scanned', report: await scan() };
  } catch (error) {
    if (error instanceof AssayError) return failed(error.code, error.message);
    return failed('SCAN_FAILED', messageOf(error));
  }
}

function failed(code: string, message: string): ScanAttempt {
  return { state: 'failed', code, message };
}
