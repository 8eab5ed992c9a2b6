/**
 * A tar archive (POSIX.1-2001, "pax Interchange Format") that depends on nothing but what it holds: no owner, one time,
 * two permissions, the order it is written in. Pure.
 */
export type TarEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file' | 'executable'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const block = 512;

/** Header and content of one entry, padded. `seconds`: the time of each. */
export function tarEntry(entry: TarEntry, seconds: number): Uint8Array {
  const path = entry.kind === 'folder' ? `${entry.path}/` : entry.path;
  const target = entry.kind === 'link' ? entry.target : '';
  const bytes = 'bytes' in entry ? entry.bytes : new Uint8Array();
  const long = [
    ...(fits(path) ? [] : [record('path', path)]),
    ...(fits(target) ? [] : [record('linkpath', target)]),
  ];
  const type = entry.kind === 'folder' ? '5' : entry.kind === 'link' ? '2' : '0';
  const mode =
    entry.kind === 'folder' || entry.kind === 'executable' ? 0o755 : entry.kind === 'link' ? 0o777 : 0o644;
  const pax = Buffer.concat(long);
  return Buffer.concat([
    ...(pax.length === 0 ? [] : [header('@pax', '', 'x', 0o644, pax.length, seconds), padded(pax)]),
    header(fits(path) ? path : '@long', fits(target) ? target : '@long', type, mode, bytes.length, seconds),
    padded(bytes),
  ]);
}

/** Two empty blocks. */
export const tarEnd: Uint8Array = new Uint8Array(2 * block);

/** What every reader reads alike: ASCII, in the one field. */
function fits(text: string): boolean {
  return /^[\x20-\x7e]{0,100}$/.test(text);
}

function header(
  path: string,
  target: string,
  type: string,
  mode: number,
  size: number,
  seconds: number,
): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => {
    bytes.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  };
  bytes.write(path, 0, 'latin1');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.min(Math.max(seconds, 0), 0o77777777777), 136, 12);
  bytes.write('        ', 148, 'latin1');
  bytes.write(type, 156, 'latin1');
  bytes.write(target, 157, 'latin1');
  bytes.write('ustar\x0000', 257, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length !== String(rest).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`, 'utf8');
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((block - (bytes.length % block)) % block)]);
}
