/**
 * Who a commit says wrote it and put it in. Anybody can write anything there; it is told as said. A signature is only seen,
 * by its header, and checked by nobody.
 */
import { sha256 } from '../../../core/digest.ts';

export interface Said {
  /** Clipped, without control characters; may be empty. */
  readonly name: string;
  /** First 16 hex digits of the SHA-256 of the address in lower case. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly at: number;
  /** An address that forges give to what is done on their pages: it names nobody. */
  readonly isForge: boolean;
}

export interface CommitPeople {
  readonly author: Said;
  readonly committer: Said;
  readonly parents: readonly string[];
  readonly signed: boolean;
}

const hex = '(?:[0-9a-f]{40}|[0-9a-f]{64})';
const parentLine = new RegExp(`^parent (${hex})$`);
const longestName = 80;

/** Undefined: it names nobody in git's form. Of two headers of one name the first counts, as for git. */
export function readPeople(bytes: Uint8Array): CommitPeople | undefined {
  const text = Buffer.from(bytes).toString('utf8').toWellFormed();
  const end = text.indexOf('\n\n');
  const lines = (end === -1 ? text : text.slice(0, end)).split('\n');
  const header = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const author = saidIn(header('author'));
  const committer = saidIn(header('committer'));
  if (author === undefined || committer === undefined) return undefined;
  const parents = lines.flatMap((line) => parentLine.exec(line)?.[1] ?? []);
  return { author, committer, parents, signed: /^gpgsig(?:-sha256)? /m.test(lines.join('\n')) };
}

/** `Name <address> seconds zone`; a name may hold anything but `<`, `>` and line ends. */
function saidIn(text: string | undefined): Said | undefined {
  const [, name, address, seconds] = /^([^<>]*)<([^<>]*)> (\d{1,12}) [+-]\d{4}$/.exec(text ?? '') ?? [];
  if (name === undefined || address === undefined) return undefined;
  return {
    name: plainName(name),
    id: idOf(address),
    at: Number(seconds),
    isForge: /^noreply@/i.test(address),
  };
}

/** Of hostile text: what a terminal could take for more than a name is left out. */
export function plainName(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').trim();
  return (plain.length <= longestName ? plain : `${plain.slice(0, longestName - 1)}…`).toWellFormed();
}

export function idOf(address: string): string {
  return sha256(address.trim().toLowerCase()).slice(0, 16);
}

/** Who is in the history before. */
export interface EarlierPeople {
  readonly ids: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

/** Lines of `address NUL name NUL address NUL name`, of author and committer (`%ae%x00%an%x00%ce%x00%cn`). */
export function readEarlierPeople(text: string): EarlierPeople {
  const ids = new Set<string>();
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const parts = line.split('\0');
    if (parts.length !== 4) continue;
    for (const at of [0, 2]) {
      ids.add(idOf(parts[at] ?? ''));
      const name = nameKey(plainName(parts[at + 1] ?? ''));
      if (name !== '') names.add(name);
    }
  }
  return { ids, names };
}

/** Names that read the same are one name. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}
