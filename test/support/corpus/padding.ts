/** Harmless text that looks like an obfuscated bundle, to make files as large as the real ones were. */
import { createHash } from 'node:crypto';

const lines: string[] = [];

function line(index: number): string {
  const known = lines[index];
  if (known !== undefined) return known;
  const texts: string[] = [];
  for (let part = 0; part < 12; part += 1) {
    texts.push(`'${createHash('sha512').update(`${index}/${part}`).digest('base64')}'`);
  }
  const made = `var _0x${(0x10000 + index).toString(16)}=[${texts.join(',')}];\n`;
  lines[index] = made;
  return made;
}

/** The code in the middle of so much text that the whole has exactly `bytes`; its first line stays the first. */
export function padded(code: string, bytes: number): string {
  const start = code.indexOf('\n') + 1;
  const parts: string[] = [];
  let missing = bytes - Buffer.byteLength(code) - '/**/\n'.length;
  for (let index = 0; missing >= line(index).length; index += 1) {
    parts.push(line(index));
    missing -= line(index).length;
  }
  const half = Math.floor(parts.length / 2);
  return [
    code.slice(0, start),
    ...parts.slice(0, half),
    code.slice(start),
    ...parts.slice(half),
    `/*${' '.repeat(missing)}*/\n`,
  ].join('');
}
