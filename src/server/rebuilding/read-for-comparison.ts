/**
 * An npm tarball as a comparison takes it. Runs in a child process only: the readers of `archive` must agree on what the
 * file holds, and the contents are then checked against what they agreed on.
 */
import { createHash } from 'node:crypto';
import { gunzip, type ReadAt } from '../../archive/gunzip.ts';
import { readTarball } from '../../archive/read-tarball.ts';
import type { ArchiveLimits, ArchiveMember } from '../../core/archive-reading.ts';
import type { ComparedArchive, ComparedMember } from '../../core/comparison-input.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { readMembers } from '../../scan/tarball.ts';

const pieceBytes = 1024 * 1024;

/** Throws when `read` fails, and when the contents are not those that the readers agreed on. */
export async function readForComparison(
  read: ReadAt,
  packedBytes: number,
  limits: ArchiveLimits,
): Promise<ComparedArchive> {
  const d0 = digestOf(read, packedBytes);
  const reading = await readTarball(read, packedBytes, limits);
  if (reading.verdict !== 'agreed') return { d0, d1: d0, refusals: reading.findings, members: [] };
  const d1 = await inflatedDigest(read, packedBytes, limits);
  const contents = await contentsOf(read, packedBytes, limits);
  const members = reading.members.flatMap((member) => memberOf(member, contents));
  return { d0, d1, refusals: [], members };
}

function digestOf(read: ReadAt, packedBytes: number): Sha256 {
  const hash = createHash('sha256');
  for (let at = 0; at < packedBytes; at += pieceBytes)
    hash.update(read(at, Math.min(pieceBytes, packedBytes - at)));
  return hash.digest('hex') as Sha256;
}

async function inflatedDigest(read: ReadAt, packedBytes: number, limits: ArchiveLimits): Promise<Sha256> {
  const hash = createHash('sha256');
  await gunzip(read, packedBytes, limits, (chunk) => {
    hash.update(chunk);
    return true;
  });
  return hash.digest('hex') as Sha256;
}

/** By path without the top folder, as the scanner names them. */
async function contentsOf(
  read: ReadAt,
  packedBytes: number,
  limits: ArchiveLimits,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  const { entries, unpackedBytes, ratio } = limits;
  await readMembers(
    read,
    packedBytes,
    { entries, unpackedBytes, ratio, memberBytes: unpackedBytes },
    {
      // The scanner uses its memory again.
      file: ({ path, bytes }) => contents.set(withoutDots(path), Uint8Array.from(bytes)),
      leftOut: (path, _bytes, why) => {
        throw new Error(`${JSON.stringify(path.slice(0, 200))} was left out: ${why}`);
      },
    },
  );
  return contents;
}

function withoutDots(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '.')
    .join('/');
}

/** Without the top folder, which installers take off; the top folder itself is none. */
function memberOf(
  member: ArchiveMember,
  contents: ReadonlyMap<string, Uint8Array>,
): readonly ComparedMember[] {
  const slash = member.path.indexOf('/');
  if (slash === -1) return [];
  const path = member.path.slice(slash + 1);
  const base = { path, type: member.type, mode: member.mode, linkTarget: undefined };
  if (member.type === 'directory') return [{ ...base, content: new Uint8Array() }];
  const content = contents.get(path);
  if (content === undefined || sha256(content) !== member.sha256)
    throw new Error(`${JSON.stringify(path.slice(0, 200))} has other content than the readers agreed on`);
  return [{ ...base, content }];
}
