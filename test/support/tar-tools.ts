/** Readers that are not ours, as oracles: GNU tar, bsdtar (libarchive), tar-stream. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { extract } from 'tar-stream';
import { sha256 } from '../../src/core/digest.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-readers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

export interface TarTool {
  readonly name: string;
  readonly command: string | undefined;
  /** Arguments that list, one name a line, without quoting. */
  readonly list: readonly string[];
  /** Arguments that print all files' content, one after the other. */
  readonly print: readonly string[];
}

function isTool(command: string, pattern: RegExp): boolean {
  return pattern.test(spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout ?? '');
}

const gnuTar = ['tar', 'gtar'].find((command) => isTool(command, /GNU tar/));
const bsdTar = ['bsdtar', 'tar'].find((command) => isTool(command, /bsdtar/));
export const tarTools: readonly TarTool[] = [
  { name: 'GNU tar', command: gnuTar, list: ['--quoting-style=literal', '-tf'], print: ['-xOf'] },
  { name: 'bsdtar', command: bsdTar, list: ['-tf'], print: ['-xOf'] },
];

/** Names without the trailing slash of directories, and the digest over all content. Fails when the tool does. */
export function asToolReads(
  tool: TarTool,
  bytes: Uint8Array,
): { readonly names: readonly string[]; readonly content: string } {
  const path = join(folder, 'archive.tar');
  writeFileSync(path, bytes);
  const options = { env: { ...process.env, LC_ALL: 'C.UTF-8' }, maxBuffer: 1 << 26 };
  const listed = spawnSync(tool.command ?? '', [...tool.list, path], options);
  const printed = spawnSync(tool.command ?? '', [...tool.print, path], options);
  assert.equal(listed.status, 0, listed.stderr.toString());
  const names = listed.stdout.toString().split('\n').slice(0, -1);
  return { names: names.map((name) => unquoted(name).replace(/\/$/, '')), content: sha256(printed.stdout) };
}

/** bsdtar shows letters it cannot print as octal bytes. A backslash of its own is in no name that we accept. */
function unquoted(name: string): string {
  return name.replace(/(?:\\[0-7]{3})+/g, (octal) =>
    Buffer.from(
      octal
        .slice(1)
        .split('\\')
        .map((digits) => Number.parseInt(digits, 8)),
    ).toString('utf8'),
  );
}

/** Name without a directory's trailing slash, digest of the content, mode. */
export async function asTarStreamReads(
  bytes: Uint8Array,
): Promise<readonly (readonly [string, string, number])[]> {
  const reader = extract();
  reader.end(bytes);
  const seen: (readonly [string, string, number])[] = [];
  for await (const entry of reader) {
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(piece as Buffer);
    seen.push([entry.header.name.replace(/\/$/, ''), sha256(Buffer.concat(pieces)), entry.header.mode ?? 0]);
  }
  return seen;
}
