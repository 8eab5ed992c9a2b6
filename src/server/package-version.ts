/** This program's own version, from its package.json. */
import { readFileSync } from 'node:fs';

interface PackageFile {
  readonly version: string;
}

export const assayVersion: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as PackageFile
).version;
