/** Synthetic packages: a packument of any number of versions, each with a file that exists only where it is asked for. */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../src/core/json.ts';
import { npmTarball } from '../../test/support/tarball.ts';
import type { StaticRegistry } from './static-registry.ts';

export interface BenchPackage {
  readonly name: string;
  readonly bytes: number;
}

/** `fileBytes`: size of what the newest version packs. The other versions' files are not there. */
export function publish(
  registry: StaticRegistry,
  name: string,
  versions: number,
  fileBytes = 2000,
): BenchPackage {
  const numbers = Array.from(
    { length: versions },
    (_, at) => `${Math.floor(at / 100)}.${Math.floor(at / 10) % 10}.${at % 10}`,
  );
  const newest = numbers.at(-1) ?? '';
  const tarball = npmTarball({
    manifest: { name, version: newest, ...dependencies() },
    files: { 'index.js': noise(fileBytes) },
  });
  const integrity = (bytes: Uint8Array | string): string =>
    `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const day = (at: number): string => new Date(Date.UTC(2014, 0, 1) + at * 86_400_000).toISOString();
  const entry = (version: string): JsonObject => ({
    name,
    version,
    license: 'MIT',
    description: 'A package with as many versions as the largest ones have, and fields like theirs',
    ...dependencies(),
    engines: { node: '>=18' },
    _npmUser: { name: 'kim', email: 'kim@example.com' },
    maintainers: [{ name: 'kim', email: 'kim@example.com' }],
    _id: `${name}@${version}`,
    dist: {
      integrity: integrity(version === newest ? tarball : `${name} ${version}`),
      tarball: `${registry.url}${name}/-/${name}-${version}.tgz`,
      fileCount: 30,
      unpackedSize: 123_456,
      signatures: [{ keyid: `SHA256:${'k'.repeat(43)}`, sig: 'M'.repeat(96) }],
    },
  });
  const document = {
    _id: name,
    name,
    'dist-tags': { latest: newest },
    versions: Object.fromEntries(numbers.map((version) => [version, entry(version)])),
    time: {
      created: day(0),
      modified: day(versions),
      ...Object.fromEntries(numbers.map((version, at) => [version, day(at)])),
    },
    readme: 'x'.repeat(2000),
  };
  const body = Buffer.from(JSON.stringify(document));
  registry.put(`/${name}`, body, 'application/json');
  registry.put(`/${name}/-/${name}-${newest}.tgz`, tarball, 'application/octet-stream');
  return { name, bytes: body.length };
}

export function newestFile(name: string, versions: number): string {
  const at = versions - 1;
  return `/${name}/-/${name}-${Math.floor(at / 100)}.${Math.floor(at / 10) % 10}.${at % 10}.tgz`;
}

function dependencies(): JsonObject {
  const list = (kind: string, count: number): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${kind}-${at}`, `^${at}.2.3`]));
  return { dependencies: list('dependency', 12), devDependencies: list('development', 40) };
}

/** Text that does not pack: the file in the archive has about this size. */
function noise(length: number): string {
  let text = '';
  for (let at = 0; text.length < length; at += 1) {
    text += createHash('sha512').update(`${at}`).digest('base64');
  }
  return `// ${text.slice(0, length)}\n`;
}
