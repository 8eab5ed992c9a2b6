/** Where a call leads on a network: socket addresses as strace prints them, and names in questions of DNS. Pure. */
import { decoded, fieldOf, textOf, wordOf, type Value } from './value.ts';

export type Address =
  | { readonly family: 'inet'; readonly host: string; readonly port: number }
  | { readonly family: 'unix'; readonly path: string }
  /** Netlink, packet and the like. */
  | { readonly family: 'other'; readonly name: string };

/** Undefined: it is none. */
export function addressOf(value: Value | undefined): Address | undefined {
  const family = wordOf(fieldOf(value, 'sa_family'));
  if (family === '') return undefined;
  if (family === 'AF_UNIX') {
    const path = fieldOf(value, 'sun_path');
    return { family: 'unix', path: textOf(path) ?? wordOf(path) };
  }
  if (family !== 'AF_INET' && family !== 'AF_INET6') return { family: 'other', name: family };
  const six = family === 'AF_INET6';
  const port = /htons\((\d{1,5})\)/.exec(wordOf(fieldOf(value, six ? 'sin6_port' : 'sin_port')))?.[1];
  return { family: 'inet', host: hostIn(value), port: Number(port ?? 0) };
}

/** `inet_addr("192.0.2.1")`, and `inet_pton(AF_INET6, "::1", &sin6_addr)`, which has no name before it. */
function hostIn(value: Value | undefined): string {
  if (value?.kind !== 'fields') return '';
  const words = [...value.fields.values()].map(wordOf);
  const found = words.map(
    (word) => /^inet_(?:addr|pton)\((?:AF_INET6, )?"([0-9a-f:.]{2,45})"/.exec(word)?.[1],
  );
  return found.find((host) => host !== undefined) ?? '';
}

export function isLoopback(host: string): boolean {
  return /^(?:127\.|0\.0\.0\.0$|::1?$|::ffff:127\.)/.test(host);
}

/** The name that a DNS message asks for (RFC 1035 §4.1), in lower case; undefined: it is no question. */
export function questionIn(bytes: string): string | undefined {
  const at = (index: number): number => bytes.charCodeAt(index);
  if (bytes.length < 17) return undefined;
  // A query: QR 0, one question, no answers.
  if ((at(2) & 0x80) !== 0 || at(4) !== 0 || at(5) !== 1 || at(6) !== 0 || at(7) !== 0) return undefined;
  const labels: string[] = [];
  let index = 12;
  for (let size = at(index); size !== 0; size = at(index)) {
    if (Number.isNaN(size) || size > 63 || index + size >= bytes.length || labels.length > 127)
      return undefined;
    labels.push(bytes.slice(index + 1, index + 1 + size));
    index += size + 1;
  }
  const name = decoded(labels.join('.')).toLowerCase();
  return labels.length === 0 || name.length > 255 ? undefined : name;
}
