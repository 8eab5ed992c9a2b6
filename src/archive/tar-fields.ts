/** Fields of a tar header block, read so that every reader in use would read the same (POSIX.1-2017 pax, "ustar Interchange Format"). */

/** The bytes before the first NUL, or undefined when anything but NULs follows it: node-tar's text reading would show some of that. */
export function nulTerminated(field: Uint8Array): Uint8Array | undefined {
  const end = field.indexOf(0);
  if (end === -1) return field;
  return isZero(field.subarray(end)) ? field.subarray(0, end) : undefined;
}

export function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undefined when the bytes are not valid UTF-8. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * An octal number as every writer we measured writes it: spaces, digits, then NULs or spaces. A field of NULs is 0.
 * Undefined for anything else: signs, junk after the digits, digits after a NUL, only blanks (an error to GNU tar).
 */
export function octal(field: Uint8Array): number | undefined {
  let at = 0;
  while (field[at] === 0x20) at += 1;
  const start = at;
  let value = 0;
  for (; at < field.length; at += 1) {
    const digit = (field[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  if (at === start && !isZero(field)) return undefined;
  for (; at < field.length; at += 1) if (field[at] !== 0 && field[at] !== 0x20) return undefined;
  return value;
}

/** Octal, or a positive base-256 number that fits (large user ids are written so). For fields that say nothing about content. */
export function octalOrBinary(field: Uint8Array): number | undefined {
  if (field[0] !== 0x80) return octal(field);
  let value = 0;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Sum of the block's bytes with the checksum field itself counted as spaces, unsigned (the only sum node-tar knows). */
export function checksumOf(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < 512; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}
