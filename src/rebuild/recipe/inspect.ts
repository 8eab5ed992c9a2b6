/** What a source says about itself, read from a copy that was unpacked in the sandbox and is thrown away. */
import { basename } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { BaseRoot, BuildDeps, SourceArchive } from './deps.ts';
import { wantedFiles, type SourceFacts } from './infer/facts.ts';
import { digestsInside, listInside, readInside, topOf } from './inside-files.ts';
import { NotBuilt } from './not-built.ts';
import { unpackInside } from './tools.ts';

export interface InspectedSource extends Pick<SourceFacts, 'paths' | 'texts'> {
  /** Seconds: the newest file; undefined in an empty source. */
  readonly newest: number | undefined;
  /** The source has more entries than were listed. */
  readonly clipped: boolean;
  /** SHA-256 of the files that were listed, the first gibibyte of them. */
  readonly digests: readonly Sha256[];
  /** The commit that the archive itself names, as those of `git archive` do: said by whoever made it. */
  readonly namedCommit: string | undefined;
  /** It is laid out, or dated, as npm or Yarn pack what is published: no checkout of a source is. */
  readonly isPacked: boolean;
}

/** Seconds: the times that npm (1985-10-26T08:15:00Z) and Yarn (1984-06-22T21:50:00Z) give every file that they pack. */
const packedTimes: readonly number[] = [499_162_500, 456_789_000];
const maxTextBytes = 16 * 1024 * 1024;
const maxTotal = 64 * 1024 * 1024;
const maxHashedBytes = 1024 ** 3;

/** The first kilobyte of the tar stream, whatever compression it has: not every decompressor knows the archive. */
const firstKilobyte = `
for tool in 'gzip -dc' 'xz -dc' 'bzip2 -dc' cat; do
  $tool < /archive/archive 2>/dev/null | head -c 1024 > /also/head || true
  [ -s /also/head ] && break
done
true
`;

/** @throws SOURCE_UNREADABLE (it is no archive); SANDBOX_*, BLOB_MISSING */
export async function inspectSource(
  deps: Pick<BuildDeps, 'sandbox' | 'blobs'>,
  source: SourceArchive,
  base: BaseRoot,
  signal?: AbortSignal,
): Promise<InspectedSource> {
  const workspace = await deps.sandbox.workspace();
  try {
    const out = await workspace.folder('source');
    const folder = await workspace.folder('head');
    const to = {
      out,
      strip: 0,
      given: 'archive',
      broken: 'no-source',
      signal,
      also: { script: firstKilobyte, folder },
    } as const;
    await unpackInside(deps, workspace, source.digest, base, to).catch((error: unknown) => {
      throw error instanceof NotBuilt ? new AssayError('SOURCE_UNREADABLE', error.message) : error;
    });
    const top = await topOf(out);
    const { paths, clipped, newest } = await listInside(top);
    const texts = new Map<string, string>();
    let total = 0;
    for (const path of wantedFiles(paths)) {
      const text = await readInside(top, path, maxTextBytes);
      total += text?.length ?? 0;
      if (total > maxTotal) break;
      if (text !== undefined) texts.set(path, text);
    }
    const digests = await digestsInside(top, paths, maxHashedBytes);
    const namedCommit = commitInArchive((await readInside(folder, 'head', 1024)) ?? '');
    const isPacked =
      basename(top) === 'package' ||
      (newest !== undefined && packedTimes.some((time) => newest === time) && paths.includes('package.json'));
    return { paths, texts, clipped, newest, digests, namedCommit, isPacked };
  } finally {
    await workspace.remove();
  }
}

/**
 * `git archive` writes the commit as the comment of a global pax header, the first entry (git's documentation of
 * git-get-tar-commit-id). `head`: the first two blocks of the tar stream.
 */
export function commitInArchive(head: string): string | undefined {
  if (!head.startsWith('pax_global_header\0') || head[156] !== 'g') return undefined;
  return /^(?:\d{1,3} [^\n]{0,200}\n)*?\d{2,3} comment=([0-9a-f]{40}|[0-9a-f]{64})\n/.exec(
    head.slice(512),
  )?.[1];
}
