/**
 * Git's packet lines (gitprotocol-common) and the two answers of protocol version 2 that are read here (gitprotocol-v2):
 * the capabilities, and `ls-refs`. Bounded by the bytes they are given; anything out of form is refused whole.
 */
import { NoAnswer } from './not-checked.ts';
import { isObjectId } from './repository-uri.ts';

export type Packet =
  | { readonly kind: 'data'; readonly text: string }
  | { readonly kind: 'flush' | 'delimiter' | 'end' };

const special: Readonly<Record<string, 'flush' | 'delimiter' | 'end'>> = {
  '0000': 'flush',
  '0001': 'delimiter',
  '0002': 'end',
};

/** Throws NoAnswer for a length that is none or that leads past the end, and for text that is not UTF-8. */
export function parsePackets(bytes: Uint8Array): readonly Packet[] {
  const packets: Packet[] = [];
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  for (let at = 0; at < bytes.length;) {
    const head = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
    const kind = Object.hasOwn(special, head) ? special[head] : undefined;
    if (kind !== undefined) {
      packets.push({ kind });
      at += 4;
      continue;
    }
    const length = /^[0-9a-fA-F]{4}$/.test(head) ? Number.parseInt(head, 16) : 0;
    if (length < 4 || length > 65_520 || at + length > bytes.length)
      throw new NoAnswer('the answer is not made of git packet lines');
    try {
      packets.push({
        kind: 'data',
        text: utf8.decode(bytes.subarray(at + 4, at + length)).replace(/\n$/, ''),
      });
    } catch {
      throw new NoAnswer('a packet line is not UTF-8');
    }
    at += length;
  }
  return packets;
}

export function packet(text: string): string {
  return `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, '0')}${text}`;
}

export interface Capabilities {
  readonly objectFormat: string | undefined;
}

/** Throws NoAnswer unless the server speaks version 2 and knows `ls-refs`. */
export function readCapabilities(packets: readonly Packet[]): Capabilities {
  // Over HTTP the service may be announced first, with a flush after it.
  const [first, second] = packets;
  const announced = first?.kind === 'data' && first.text === '# service=git-upload-pack';
  const lines = announced ? packets.slice(second?.kind === 'flush' ? 2 : 1) : packets;
  const texts = lines.flatMap((line) => (line.kind === 'data' ? [line.text] : []));
  const ended = lines.findIndex((line) => line.kind !== 'data');
  if (texts[0] !== 'version 2' || ended !== lines.length - 1 || lines[ended]?.kind !== 'flush')
    throw new NoAnswer('the server does not speak version 2 of the git protocol');
  if (!texts.some((text) => text === 'ls-refs' || text.startsWith('ls-refs=')))
    throw new NoAnswer('the server does not list refs');
  const format = texts.find((text) => text.startsWith('object-format='))?.slice('object-format='.length);
  return { objectFormat: format };
}

export interface Ref {
  readonly name: string;
  readonly id: string;
  /** What an annotated tag finally points at; undefined when it is none. */
  readonly peeled: string | undefined;
}

/** Throws NoAnswer unless it is one whole list of refs, ended by a flush. */
export function readRefs(packets: readonly Packet[]): readonly Ref[] {
  const refs: Ref[] = [];
  for (const [index, line] of packets.entries()) {
    if (line.kind === 'data') {
      refs.push(...readRefLine(line.text));
      continue;
    }
    if (line.kind === 'flush' && index === packets.length - 1) return refs;
    break;
  }
  throw new NoAnswer('the list of refs does not end as it must');
}

/** `<id> <name>` with attributes; none for a branch without a commit (`unborn`). */
function readRefLine(text: string): readonly Ref[] {
  if (text.startsWith('ERR ')) throw new NoAnswer(`the server refuses: ${text.slice(4, 204)}`);
  const [id = '', name = '', ...attributes] = text.split(' ');
  if (id === 'unborn') return [];
  if (!isObjectId(id) || name === '') throw new NoAnswer('a line of the list of refs is none');
  const peeled = attributes.find((one) => one.startsWith('peeled:'))?.slice('peeled:'.length);
  if (peeled !== undefined && !isObjectId(peeled)) throw new NoAnswer('a peeled tag has no object id');
  return [{ name, id, peeled }];
}
