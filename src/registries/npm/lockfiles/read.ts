/** Which reader a lockfile needs, by its name and first lines. */
import { readBunLockfile } from './bun.ts';
import { readNpmLockfile } from './npm.ts';
import { readPnpmLockfile } from './pnpm.ts';
import { readSbom, refuseOtherSboms } from './sbom.ts';
import { lockfileLimits, unsupportedLockfile, type Lockfile } from './types.ts';
import { readYarnBerryLockfile } from './yarn-berry.ts';
import { readYarnClassicLockfile } from './yarn-classic.ts';
import { AssayError } from '../../../core/errors.ts';
import { isJsonObject } from '../../../core/json.ts';

/** Names that are looked for, in this order; where several are there, each is its own lockfile. */
export const lockfileNames = [
  'npm-shrinkwrap.json',
  'package-lock.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
] as const;

/** `fileName` without its folder. Throws LOCKFILE_INVALID, LOCKFILE_UNSUPPORTED, LOCKFILE_TOO_LARGE. */
export function readLockfile(fileName: string, text: string): Lockfile {
  if (Buffer.byteLength(text) > lockfileLimits.textBytes) {
    throw new AssayError(
      'LOCKFILE_TOO_LARGE',
      `${fileName} is larger than ${lockfileLimits.textBytes / 1024 / 1024} MiB`,
    );
  }
  if (fileName.endsWith('.lockb'))
    throw unsupportedLockfile(
      'bun.lockb is binary and is not read',
      'Write the text form: `bun install --save-text-lockfile --lockfile-only`.',
    );
  if (fileName === 'package-lock.json' || fileName === 'npm-shrinkwrap.json') return readNpmLockfile(text);
  if (fileName.endsWith('.json')) return sbomOf(text) ?? readNpmLockfile(text);
  if (fileName.endsWith('.yaml') || fileName.endsWith('.yml')) return readPnpmLockfile(text);
  if (fileName.startsWith('bun')) return readBunLockfile(text);
  if (fileName.startsWith('yarn'))
    return /^__metadata:/m.test(text) ? readYarnBerryLockfile(text) : readYarnClassicLockfile(text);
  return byContent(fileName, text);
}

/** For a lockfile under a name of its own. */
function byContent(fileName: string, text: string): Lockfile {
  if (/^\ufeff?\s*\{/.test(text)) {
    const sbom = sbomOf(text);
    if (sbom !== undefined) return sbom;
    return /"lockfileVersion":\s*[0-2],\s*"(?:configVersion|workspaces)"/.test(text.slice(0, 500))
      ? readBunLockfile(text)
      : readNpmLockfile(text);
  }
  refuseOtherSboms(text);
  if (/^lockfileVersion:/m.test(text)) return readPnpmLockfile(text);
  if (/^__metadata:/m.test(text)) return readYarnBerryLockfile(text);
  if (/^# yarn lockfile v1/m.test(text)) return readYarnClassicLockfile(text);
  throw unsupportedLockfile(
    `${fileName} is no lockfile that is known`,
    `Known are ${lockfileNames.join(', ')}, and bills of materials as CycloneDX or SPDX 2.3 JSON.`,
  );
}

/** Undefined for what is no JSON (bun.lock has comments) or no bill of materials. */
function sbomOf(text: string): Lockfile | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
  return isJsonObject(parsed) ? readSbom(parsed) : undefined;
}
