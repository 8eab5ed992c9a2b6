/** Well-formed npm tarballs, the same bytes for the same input. (`tar-builder.ts` makes the hostile ones.) */
import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../../src/core/json.ts';

export interface PackageFiles {
  readonly manifest: JsonObject;
  /** Path below the package's root → content. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** The archive's single top folder; npm itself writes `package`. */
  readonly folder?: string;
}

const blockBytes = 512;
/** npm writes this time into every entry (26 October 1985), so that packing twice gives the same bytes. */
const npmEpochSeconds = 499_162_500;

export function npmTarball({ manifest, files = {}, folder = 'package' }: PackageFiles): Uint8Array {
  const entries = { 'package.json': `${JSON.stringify(manifest, null, 2)}\n`, ...files };
  const blocks = Object.entries(entries).flatMap(([path, content]) => entry(`${folder}/${path}`, content));
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]), { level: 6 });
}

function entry(path: string, content: string | Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(content);
  const padding = Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes);
  return [ustarHeader(path, bytes.length), bytes, padding];
}

/** POSIX.1-1988 ustar header of a regular file. */
function ustarHeader(path: string, sizeBytes: number): Uint8Array {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`path too long for a plain ustar header: ${path}`);
  const header = Buffer.alloc(blockBytes);
  header.write(path, 0, 'utf8');
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(sizeBytes, 11), 124);
  header.write(octal(npmEpochSeconds, 11), 136);
  header.fill(' ', 148, 156);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
